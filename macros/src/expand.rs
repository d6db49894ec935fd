//! A valid case as tokens: about ten lines and one call. Decides nothing.
//!
//! Paths are absolute, so that nothing in the user's module can change their meaning. Tokens of ours have the span of
//! the attribute, or its hygiene and the place of what a type error in them would be about.

mod variants;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, ReturnType};

use crate::model::{Case, Flavor, ShouldPanic, Timeout, Topologies};

pub(crate) fn case(case: &Case) -> TokenStream {
    if case.varies() {
        variants::tests(case)
    } else {
        test(case)
    }
}

/// The function that libtest calls, with the user's function and one call into the library inside.
fn test(case: &Case) -> TokenStream {
    let Case {
        outer,
        inner,
        vis,
        sig,
        body,
        ..
    } = case;
    let name = case.name();
    let elsewhere = elsewhere(case);
    let label = case.label();
    let facts = facts(
        case,
        &quote!(::core::concat!(::core::module_path!(), "::", #label)),
    );
    let topology = topology(case);
    let run = run(case);
    let (returns, end) = returns(case);
    // The user's function keeps its name, so that backtraces and type names read as written.
    quote! {
        #[::core::prelude::v1::test]
        #elsewhere
        #(#outer)*
        #vis fn #name() #returns {
            #(#inner)*
            #sig #body
            ::netns_test::__private::run(&#facts, #topology, #run) #end
        }
    }
}

/// What our function returns, and what ends the call in it.
fn returns(case: &Case) -> (TokenStream, Option<TokenStream>) {
    match case.returns() {
        Some(_) => (quote!(-> ::netns_test::__private::Outcome), None),
        None => (TokenStream::new(), Some(quote!(;))),
    }
}

/// Namespaces are Linux's. A user's own `#[ignore]` counts everywhere, and a second one would be a warning.
fn elsewhere(case: &Case) -> Option<TokenStream> {
    let reason = "network namespaces exist on Linux only";
    (!case.ignored).then(|| quote!(#[cfg_attr(not(target_os = "linux"), ignore = #reason)]))
}

/// What the harness has to know of the case before it runs.
fn facts(case: &Case, full_name: &TokenStream) -> TokenStream {
    let name = case.name();
    // A macro's place is where it was written: with the name's own span that is the function, not the attribute.
    let file = quote_spanned!(name.span()=> ::core::file!());
    let line = quote_spanned!(name.span()=> ::core::line!());
    let should_panic = match &case.should_panic {
        ShouldPanic::No => quote!(No),
        ShouldPanic::Yes => quote!(Yes),
        ShouldPanic::Saying(text) => quote!(Saying(#text)),
    };
    let inside = option(case.inside.as_ref().map(|host| quote!(#host)));
    let timeout = option(case.timeout.as_ref().map(|timeout| match timeout {
        Timeout::Seconds(seconds) => quote!(::core::time::Duration::from_secs(#seconds)),
        Timeout::Duration(expr) => quote!(#expr),
    }));
    let requires = &case.requires;
    quote! {
        ::netns_test::__private::Case {
            name: #full_name,
            file: #file,
            line: #line,
            should_panic: ::netns_test::__private::ShouldPanic::#should_panic,
            inside: #inside,
            timeout: #timeout,
            requires: &[#(::netns_test::Feature::#requires),*],
        }
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// A closure, so that only the process that needs the topology computes it.
fn topology(case: &Case) -> TokenStream {
    let expr = match &case.topology {
        Topologies::One(expr) => quote!(#expr),
        Topologies::Empty => quote!(::netns_test::Topology::new()),
        Topologies::Named(list) => variants::choice(list),
    };
    let expr = variants::limited(case, expr);
    quote!(|| -> ::netns_test::Topology { #expr })
}

/// A closure that runs the body and reduces what it returned, which need not be `Send`, to an ending, which is.
fn run(case: &Case) -> TokenStream {
    let name = case.name();
    // A parameter of our own must not shadow a test of the same name.
    let (param, arg) = match case.network() {
        Some(network) => {
            let param = Ident::new("net", Span::mixed_site());
            let arg = Ident::new("net", at(network.ty.span(), Span::mixed_site()));
            (quote!(#param), quote!(#arg))
        }
        None => (quote!(_), TokenStream::new()),
    };
    // A type that cannot be reported is a mistake in the signature.
    let place = match &case.sig.output {
        ReturnType::Type(_, ty) => at(ty.span(), Span::call_site()),
        ReturnType::Default => at(name.span(), Span::call_site()),
    };
    let call = quote_spanned!(place=> #name(#arg));
    let value = match case.flavor {
        None => call,
        Some(flavor) => {
            let flavor = match flavor {
                Flavor::CurrentThread => quote!(CurrentThread),
                Flavor::MultiThread => quote!(MultiThread),
            };
            quote_spanned!(place=> ::netns_test::__private::block_on(::netns_test::__private::Flavor::#flavor, #call))
        }
    };
    let returned = Ident::new("returned", at(place, Span::mixed_site()));
    // The type decides which method is called, so that it has to be called here.
    quote_spanned! {place=>
        |#param| ::netns_test::__private::outcome(#value, |#returned| ::netns_test::__private::Look(#returned).lack())
    }
}

/// The place of the one with the hygiene of the other: errors point there, lints know the code for generated.
fn at(place: Span, hygiene: Span) -> Span {
    hygiene.located_at(place)
}
