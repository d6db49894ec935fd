//! What was asked: the function as it was written, and the case that remains of it once the rules are kept.

use proc_macro2::{Delimiter, Group, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Error, Expr, Ident, LitInt, LitStr, PatType, ReturnType, Signature, Type, Visibility,
};

/// A function as it was written.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// Never looked into: it costs no time, and half-written code reaches the IDE as it is.
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let start = input.fork();
        let not_a_function = || {
            // All of the item, so that the message does not seem to be about its first word.
            let item = start.parse::<TokenStream>().unwrap_or_default();
            Error::new_spanned(
                item,
                "#[netns_test] goes on a function: `fn` or `async fn`, with a body",
            )
        };
        let vis = input.parse()?;
        let sig = input.parse().map_err(|_| not_a_function())?;
        let body: Group = input.parse().map_err(|_| not_a_function())?;
        if body.delimiter() != Delimiter::Brace || !input.is_empty() {
            return Err(not_a_function());
        }
        Ok(Self {
            attrs,
            vis,
            sig,
            body,
        })
    }
}

/// A test that keeps the rules; `expand` prints it and has nothing left to decide.
pub(crate) struct Case {
    /// For the function that libtest calls.
    pub(crate) outer: Vec<Attribute>,
    /// For the user's function, inside that one.
    pub(crate) inner: Vec<Attribute>,
    /// Whether `outer` says `#[ignore]` already.
    pub(crate) ignored: bool,
    pub(crate) should_panic: ShouldPanic,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Group,
    pub(crate) topology: Topologies,
    /// What `families` lists; empty without it.
    pub(crate) families: Vec<Family>,
    pub(crate) inside: Option<LitStr>,
    /// `Some` for an `async fn`, and only for one.
    pub(crate) flavor: Option<Flavor>,
    pub(crate) timeout: Option<Timeout>,
    /// What `requires` lists, as the library's own words for it.
    pub(crate) requires: Vec<Ident>,
}

impl Case {
    pub(crate) fn name(&self) -> &Ident {
        &self.sig.ident
    }

    /// The name as libtest lists it.
    pub(crate) fn label(&self) -> String {
        label(self.name())
    }

    /// Whether several tests are made of this one.
    pub(crate) fn varies(&self) -> bool {
        !self.families.is_empty() || matches!(self.topology, Topologies::Named(_))
    }

    /// The `&Network` parameter, if the function takes it.
    pub(crate) fn network(&self) -> Option<&PatType> {
        match self.sig.inputs.first() {
            Some(syn::FnArg::Typed(network)) => Some(network),
            _ => None,
        }
    }

    /// The type that the function returns, unless that is nothing.
    pub(crate) fn returns(&self) -> Option<&Type> {
        let ReturnType::Type(_, ty) = &self.sig.output else {
            return None;
        };
        match plain(ty) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => None,
            _ => Some(ty),
        }
    }
}

/// The networks that the test is asked to run in.
pub(crate) enum Topologies {
    /// The empty network.
    Empty,
    One(Expr),
    /// What `topologies` lists.
    Named(Vec<(Ident, Expr)>),
}

/// A word of `families`, where it was written.
pub(crate) struct Family {
    pub(crate) word: Ident,
    /// `None` is both.
    pub(crate) only: Option<&'static str>,
}

/// The runtime of an `async fn`.
#[derive(Clone, Copy)]
pub(crate) enum Flavor {
    CurrentThread,
    MultiThread,
}

/// How long a case may take.
pub(crate) enum Timeout {
    /// Whole seconds, not zero.
    Seconds(LitInt),
    /// An expression that the compiler will hold to be a `Duration`.
    Duration(Expr),
}

/// What the harness is to make of a panic.
#[derive(PartialEq)]
pub(crate) enum ShouldPanic {
    No,
    Yes,
    Saying(String),
}

/// A name as libtest lists it: with an `r#` only where it is a word of the language.
pub(crate) fn label(name: &Ident) -> String {
    let word = name.unraw().to_string();
    // `gen` became one with edition 2024, and the edition of the test is nothing that we get to see.
    let reserved = word == "gen" || syn::parse_str::<Ident>(&word).is_err();
    if reserved { name.to_string() } else { word }
}

/// A type without the parentheses and the invisible groups of `macro_rules!` variables around it.
pub(crate) fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        ty => ty,
    }
}
