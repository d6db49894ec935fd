//! Every rule, each with its message; produces no tokens.
//!
//! All mistakes are reported at once, each on what has to change.

mod arguments;
mod features;
mod lists;

use quote::ToTokens;
use syn::{Attribute, Error, FnArg, ReturnType, Safety, Signature, Type};

use self::arguments::Arguments;
use crate::attr::{self, Args, Kind};
use crate::model::{Case, Flavor, Function, ShouldPanic, plain};

/// Gathers mistakes, so that the author of a test meets all of them in one go.
#[derive(Default)]
struct Mistakes(Option<Error>);

impl Mistakes {
    fn add(&mut self, mistake: Error) {
        match &mut self.0 {
            Some(first) => first.combine(mistake),
            none => *none = Some(mistake),
        }
    }

    fn at(&mut self, what: impl ToTokens, message: &str) {
        self.add(Error::new_spanned(what, message));
    }

    fn keep<T>(&mut self, checked: syn::Result<T>) -> Option<T> {
        checked.map_err(|mistake| self.add(mistake)).ok()
    }
}

/// Holds the function and the arguments to the rules.
pub(crate) fn case(args: Args, function: Function) -> syn::Result<Case> {
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = function;
    let mut mistakes = Mistakes::default();
    if attr::is_plain_test_case(&sig, &attrs) {
        mistakes.at(
            &sig.ident,
            "`test_case` gives a plain `fn` a `#[test]` of its own, so that each case would run twice: \
             write `async fn`",
        );
    }
    signature(&sig, &mut mistakes);
    let attrs = attributes(attrs, &mut mistakes);
    let args = arguments::check(args, &sig, &mut mistakes);
    if let Some(mistakes) = mistakes.0 {
        return Err(mistakes);
    }
    let Attributes {
        outer,
        inner,
        ignored,
        should_panic,
    } = attrs;
    let Arguments {
        topology,
        families,
        inside,
        flavor,
        timeout,
        requires,
    } = args;
    let flavor = sig
        .asyncness
        .is_some()
        .then(|| flavor.unwrap_or(Flavor::CurrentThread));
    Ok(Case {
        outer,
        inner,
        ignored,
        should_panic,
        vis,
        sig,
        body,
        topology,
        families,
        inside,
        flavor,
        timeout,
        requires,
    })
}

/// A test is an ordinary function of nothing or of `&Network`: anything else could not be called.
fn signature(sig: &Signature, mistakes: &mut Mistakes) {
    const ORDINARY: &str = "a test is a plain `fn` or `async fn`: remove this";
    if let Some(constness) = sig.constness {
        mistakes.at(constness, ORDINARY);
    }
    match sig.safety {
        Safety::Safe(word) => mistakes.at(word, ORDINARY),
        Safety::Unsafe(word) => mistakes.at(word, ORDINARY),
        Safety::Default => {}
    }
    if let Some(abi) = &sig.abi {
        mistakes.at(abi, ORDINARY);
    }
    if !sig.generics.params.is_empty() {
        mistakes.at(
            &sig.generics,
            "a test has no generic parameters and no lifetimes: nobody could choose them",
        );
    }
    if let Some(clause) = &sig.generics.where_clause {
        mistakes.at(
            clause,
            "a test has no `where` clause: it has nothing to constrain",
        );
    }
    match &sig.output {
        ReturnType::Type(_, ty) if matches!(plain(ty), Type::Never(_)) => {
            mistakes.at(
                ty,
                "a test returns in the end: write nothing, or a `Result`",
            );
        }
        _ => {}
    }
    match sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            mistakes.at(
                receiver,
                "a test is a free function: it has no `self`, write `net: &Network` or nothing",
            );
        }
        Some(FnArg::Typed(network)) if sig.inputs.len() == 1 => reference(&network.ty, mistakes),
        _ => {}
    }
    let more: Vec<_> = sig
        .inputs
        .iter()
        .skip(1)
        .map(ToTokens::to_token_stream)
        .collect();
    if !more.is_empty() || sig.variadic.is_some() {
        let message = "a test takes nothing or `net: &Network`; in the cases of `rstest` or `test-case`, \
                       put those above `#[netns_test::test]` and use `netns_test::current()`";
        mistakes.at(&sig.inputs, message);
    }
}

/// The network is the harness's own; a test borrows it for a while that has no name.
fn reference(ty: &Type, mistakes: &mut Mistakes) {
    match plain(ty) {
        Type::Reference(borrow) if borrow.mutability.is_some() => {
            mistakes.at(
                ty,
                "a test borrows its network without `mut`: write `net: &Network`",
            );
        }
        Type::Reference(borrow)
            if borrow
                .lifetime
                .as_ref()
                .is_some_and(|lifetime| lifetime.ident != "_") =>
        {
            mistakes.at(
                ty,
                "a test borrows its network for as long as it runs: write `net: &Network`",
            );
        }
        Type::Reference(_) => {}
        _ => mistakes.at(ty, "a test borrows its network: write `net: &Network`"),
    }
}

/// The function's other attributes, each where it has to go.
struct Attributes {
    outer: Vec<Attribute>,
    inner: Vec<Attribute>,
    ignored: bool,
    should_panic: ShouldPanic,
}

fn attributes(attrs: Vec<Attribute>, mistakes: &mut Mistakes) -> Attributes {
    let mut sorted = Attributes {
        outer: vec![],
        inner: vec![],
        ignored: false,
        should_panic: ShouldPanic::No,
    };
    for attr in attrs {
        match Kind::of(&attr) {
            Kind::Test => {}
            Kind::Outer => sorted.outer.push(attr),
            Kind::Inner => sorted.inner.push(attr),
            Kind::Ignore => {
                sorted.ignored = true;
                sorted.outer.push(attr);
            }
            Kind::ShouldPanic => match (attr::should_panic(&attr), &sorted.should_panic) {
                (None, _) => mistakes.at(
                    attr,
                    "malformed `should_panic`: write `#[should_panic]`, `#[should_panic = \"text\"]` \
                     or `#[should_panic(expected = \"text\")]`",
                ),
                // `test-case` says it twice, in the same words.
                (Some(should_panic), ShouldPanic::No) => sorted.should_panic = should_panic,
                (Some(should_panic), earlier) if should_panic == *earlier => {}
                (Some(_), _) => mistakes.at(attr, "`should_panic` is there twice: keep one"),
            },
            Kind::Ourselves => mistakes.at(attr, "#[netns_test] is there twice: keep one"),
            Kind::OtherTest => mistakes.at(
                attr,
                "a second test attribute: remove this one; for an asynchronous test write `async fn` and, \
                 if need be, `flavor`: #[netns_test] brings its own runtime",
            ),
            Kind::Generator => mistakes.at(attr, "put this above `#[netns_test::test]`, so that each of its cases gets a network"),
        }
    }
    sorted
}
