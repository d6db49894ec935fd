//! The grammar: what may be written, with the spans of what was; whether it makes sense is for `valid`.

use proc_macro2::{Group, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitStr, Meta, Path, Signature, Token};

use crate::model::ShouldPanic;

/// What stands in the parentheses of `#[netns_test(..)]`.
pub(crate) struct Args {
    pub(crate) list: Vec<Arg>,
}

/// One argument, of any name.
pub(crate) struct Arg {
    pub(crate) name: Ident,
    /// What follows the `=`; `None` if there is no `=` or nothing after it.
    pub(crate) value: Option<Expr>,
    /// What stands in parentheses behind the name, if that is all.
    pub(crate) list: Option<Group>,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let list = Punctuated::<Arg, Token![,]>::parse_terminated(input)?;
        Ok(Self {
            list: list.into_iter().collect(),
        })
    }
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected `name = value`, as in `topology = docker_lab()`"));
        }
        let name = input.call(Ident::parse_any)?;
        let ends = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            let value = if ends(input) {
                None
            } else {
                Some(input.parse()?)
            };
            return Ok(Self {
                name,
                value,
                list: None,
            });
        }
        let list = parenthesised(input)?.filter(|_| ends(input));
        // `hosts("a", "b")`, `Topology::new()`: the name says enough for a good message, a complaint about `(` does not.
        while !ends(input) {
            input.parse::<TokenTree>()?;
        }
        Ok(Self {
            name,
            value: None,
            list,
        })
    }
}

fn parenthesised(input: ParseStream<'_>) -> syn::Result<Option<Group>> {
    if input.peek(syn::token::Paren) {
        input.parse().map(Some)
    } else {
        Ok(None)
    }
}

/// The words of a list like `(v4, v6)`.
pub(crate) fn words(list: &Group) -> syn::Result<Vec<Ident>> {
    let words = |input: ParseStream<'_>| {
        Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
    };
    Ok(words.parse2(list.stream())?.into_iter().collect())
}

/// What another attribute of the function is to this one.
pub(crate) enum Kind {
    /// The standard `#[test]`: there has to be exactly one, so ours replaces it.
    Test,
    /// `#[should_panic]`, in whatever form.
    ShouldPanic,
    /// `#[ignore]`, which also goes where `Outer` goes.
    Ignore,
    /// About the item or its lints, and understood by the compiler: harmless on the function that libtest calls.
    Outer,
    /// `#[netns_test]` a second time.
    Ourselves,
    /// Another crate's test attribute, such as `#[tokio::test]`.
    OtherTest,
    /// An attribute that makes several tests of one, so it has to come before ours.
    Generator,
    /// Anything else. It may change what the function does, so it belongs on the user's function alone: the one that
    /// libtest calls runs twice, in the test program and in the test's own process.
    Inner,
}

impl Kind {
    /// Names are all there is to go by: an attribute macro sees the attributes below it before they are resolved.
    pub(crate) fn of(attribute: &Attribute) -> Self {
        let path = attribute.path();
        let Some(last) = path
            .segments
            .last()
            .map(|segment| segment.ident.to_string())
        else {
            return Self::Inner;
        };
        let first = path
            .segments
            .first()
            .map(|segment| segment.ident.to_string())
            .unwrap_or_default();
        match (path.segments.len(), last.as_str()) {
            (1, "test") => Self::Test,
            (_, "test") if first == "core" || first == "std" => Self::Test,
            (1, "should_panic") => Self::ShouldPanic,
            (1, "ignore") => Self::Ignore,
            (1, "allow" | "expect" | "warn" | "deny" | "forbid") => Self::Outer,
            (1, "doc" | "cfg" | "cfg_attr" | "must_use" | "deprecated") => Self::Outer,
            (_, "netns_test") => Self::Ourselves,
            (_, "test") if first == "netns_test" => Self::Ourselves,
            (_, "test") => Self::OtherTest,
            (_, "rstest" | "test_case" | "test_matrix") => Self::Generator,
            _ => Self::Inner,
        }
    }
}

/// Whether `test-case` wrote this function and put a `#[test]` above it, which is gone by the time we are asked.
///
/// It does so for a plain `fn` only. What it leaves to know it by is the name and an attribute.
pub(crate) fn is_plain_test_case(sig: &Signature, attrs: &[Attribute]) -> bool {
    let marked = attrs.iter().any(|attr| {
        attr.path().is_ident("allow")
            && attr.parse_args::<Path>().is_ok_and(|lint| {
                lint.segments
                    .last()
                    .is_some_and(|name| name.ident == "bool_assert_comparison")
            })
    });
    marked && sig.asyncness.is_none() && sig.ident.to_string().starts_with("test_case_")
}

/// Reads `#[should_panic]`, `#[should_panic = "text"]` or `#[should_panic(expected = "text")]`; `None` if it is neither.
pub(crate) fn should_panic(attribute: &Attribute) -> Option<ShouldPanic> {
    match &attribute.meta {
        Meta::Path(_) => Some(ShouldPanic::Yes),
        Meta::NameValue(pair) => string(&pair.value).map(|text| ShouldPanic::Saying(text.value())),
        Meta::List(list) => {
            let Arg { name, value, .. } = list.parse_args().ok()?;
            let text = string(value.as_ref()?)?.value();
            (name == "expected").then_some(ShouldPanic::Saying(text))
        }
    }
}

/// The string literal that an expression is, if it is one.
pub(crate) fn string(expr: &Expr) -> Option<&LitStr> {
    match literal(expr)? {
        syn::Lit::Str(text) => Some(text),
        _ => None,
    }
}

/// The literal that an expression is, if it is one, also when it came through a `macro_rules!` variable.
pub(crate) fn literal(expr: &Expr) -> Option<&syn::Lit> {
    match expr {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}
