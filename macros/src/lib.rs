//! The `#[netns_test]` attribute of the `netns-test` crate, which re-exports and documents it.
//!
//! This crate holds no behaviour. It turns a function into a case and one call into the library, in the order of its
//! modules: the grammar, what was asked, the rules, the tokens, and what to emit when a rule was broken.

mod attr;
mod model;
mod valid;
// --- tokens out ---
mod expand;
mod fallback;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

/// Runs the function as a test in its own network; the full documentation is at `netns_test::netns_test`.
#[proc_macro_attribute]
pub fn netns_test(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    attribute(args.into(), item.into()).into()
}

/// The same as `#[netns_test]`, under the name by which other test attributes recognise one of their kind.
///
/// `rstest` and `test-case` look for a path that ends in `test`: write `#[netns_test::test]` below them.
#[proc_macro_attribute]
pub fn test(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    attribute(args.into(), item.into()).into()
}

/// The whole way from what was written to what is compiled, on tokens that a unit test can make too.
fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    match case(args, item.clone()) {
        Ok(case) => expand::case(&case),
        Err(mistakes) => fallback::keep(&mistakes, item),
    }
}

/// Reads the function before the arguments: those are no use on something that is not one.
fn case(args: TokenStream, item: TokenStream) -> syn::Result<model::Case> {
    let function: model::Function = syn::parse2(item)?;
    let args: attr::Args = syn::parse2(args)?;
    valid::case(args, function)
}
