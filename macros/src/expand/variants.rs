//! Several tests of one function: one body, and a module with a test for each variant.
//!
//! The body and the topologies stay in the user's module, whose names they use. The tests have to be in one of their own: libtest
//! names a test by its path.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, Ident};

use super::{elsewhere, facts, returns, run, topology};
use crate::model::{Case, Family, Topologies, label};

/// The function that all variants share, and the module of those that libtest calls.
pub(super) fn tests(case: &Case) -> TokenStream {
    let Case {
        inner,
        vis,
        sig,
        body,
        ..
    } = case;
    let name = case.name();
    let variant = variant();
    let facts = facts(case, &quote!(#variant.name));
    let topology = topology(case);
    let run = run(case);
    let (returns, end) = returns(case);
    let about = case.outer.iter().filter(|attr| !is(attr, "ignore"));
    let conditions = case.outer.iter().filter(|attr| is(attr, "cfg"));
    let tests = modules(case);
    // Both vanish where tests do. What is wrong with the name is said of the function already.
    quote! {
        #[cfg(test)]
        #(#about)*
        #vis fn #name(#variant: ::netns_test::__private::Variant) #returns {
            #(#inner)*
            #sig #body
            ::netns_test::__private::run(&#facts, #topology, #run) #end
        }
        #[cfg(test)]
        #(#conditions)*
        #[allow(non_snake_case)]
        mod #name {
            #tests
        }
    }
}

/// The parameter of the shared function, which the user's expressions do not see.
fn variant() -> Ident {
    Ident::new("variant", Span::mixed_site())
}

fn is(attr: &Attribute, name: &str) -> bool {
    attr.path().is_ident(name)
}

/// The topology that the variant asks for. Each is written once, so that what is wrong with it is said once.
pub(super) fn choice(list: &[(Ident, Expr)]) -> TokenStream {
    let variant = variant();
    match list {
        [(_, only)] => quote!(#only),
        [first @ .., (_, last)] => {
            let arms = first
                .iter()
                .enumerate()
                .map(|(position, (_, expr))| quote!(#position => #expr,));
            quote!(match #variant.topology { #(#arms)* _ => #last })
        }
        [] => TokenStream::new(),
    }
}

/// A topology with the families that the variant asks for.
pub(super) fn limited(case: &Case, topology: TokenStream) -> TokenStream {
    if case.families.is_empty() {
        return topology;
    }
    let variant = variant();
    quote!(#variant.limit(#topology))
}

/// A module for each topology, or the tests alone if there is but one.
fn modules(case: &Case) -> TokenStream {
    match &case.topology {
        Topologies::Named(list) if case.families.is_empty() => {
            let tests = list.iter().enumerate();
            let tests = tests.map(|(position, (name, _))| test(case, name, position, None, 1));
            quote!(#(#tests)*)
        }
        Topologies::Named(list) => {
            let modules = list.iter().enumerate().map(|(position, (name, _))| {
                let tests = families(case, position, 2);
                quote!(mod #name { #tests })
            });
            quote!(#(#modules)*)
        }
        _ => families(case, 0, 1),
    }
}

fn families(case: &Case, topology: usize, depth: usize) -> TokenStream {
    let tests = case
        .families
        .iter()
        .map(|family| test(case, &family.word, topology, Some(family), depth));
    quote!(#(#tests)*)
}

/// The function that libtest calls, so many modules below the shared one.
fn test(
    case: &Case,
    name: &Ident,
    topology: usize,
    family: Option<&Family>,
    depth: usize,
) -> TokenStream {
    let label = label(name);
    let shared = case.name();
    let up = std::iter::repeat_n(quote!(super::), depth);
    let only = super::option(family.and_then(|family| family.only).map(|only| {
        let only = Ident::new(only, Span::call_site());
        quote!(::netns_test::Family::#only)
    }));
    let elsewhere = elsewhere(case);
    let ignore = case.outer.iter().filter(|attr| is(attr, "ignore"));
    let (returns, end) = returns(case);
    quote! {
        #[::core::prelude::v1::test]
        #elsewhere
        #(#ignore)*
        fn #name() #returns {
            #(#up)* #shared(::netns_test::__private::Variant {
                name: ::core::concat!(::core::module_path!(), "::", #label),
                topology: #topology,
                only: #only,
            }) #end
        }
    }
}
