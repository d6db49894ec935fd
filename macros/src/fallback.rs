//! What to emit when a rule was broken: the mistakes, and the function.
//!
//! A function that vanished would leave the IDE without completion in its body and the compiler with complaints about
//! imports that only the function used.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use crate::attr::Kind;
use crate::model::Function;

/// The mistakes as `compile_error!`s, then the item without what would only repeat them.
pub(crate) fn keep(mistakes: &Error, item: TokenStream) -> TokenStream {
    let mistakes = mistakes.to_compile_error();
    let item = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => without_tests(function),
        Err(_) => item,
    };
    quote!(#mistakes #item)
}

/// Test attributes have their own complaints about a signature, some of them the opposite of ours.
fn without_tests(function: Function) -> TokenStream {
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = function;
    let attrs = attrs
        .iter()
        .filter(|attr| matches!(Kind::of(attr), Kind::Outer | Kind::Inner | Kind::Generator));
    quote!(#(#attrs)* #vis #sig #body)
}
