//! The rules of the attribute's own arguments.

use syn::{Error, Expr, Ident, LitInt, LitStr, Signature, UnOp};

use super::{Mistakes, features, lists};
use crate::attr::{self, Arg, Args};
use crate::model::{Family, Flavor, Timeout, Topologies};

/// What the arguments ask for.
pub(super) struct Arguments {
    pub(super) topology: Topologies,
    pub(super) families: Vec<Family>,
    pub(super) inside: Option<LitStr>,
    pub(super) flavor: Option<Flavor>,
    pub(super) timeout: Option<Timeout>,
    pub(super) requires: Vec<Ident>,
}

/// Each argument at most once, with a value, and each value by its own rules.
pub(super) fn check(args: Args, sig: &Signature, mistakes: &mut Mistakes) -> Arguments {
    let mut known = Arguments {
        topology: Topologies::Empty,
        families: vec![],
        inside: None,
        flavor: None,
        timeout: None,
        requires: vec![],
    };
    let mut seen: Vec<String> = vec![];
    for Arg { name, value, list } in args.list {
        let word = name.to_string();
        let Some(example) = example(&word) else {
            mistakes.at(
                name,
                &format!(
                    "unknown argument `{word}`, expected one of: topology, topologies, families, inside, flavor, timeout, requires \
                     (the value of `topology` says the rest)"
                ),
            );
            continue;
        };
        let again = seen.contains(&word);
        match value {
            _ if again => mistakes.at(name, &format!("`{word}` is set twice: keep one")),
            _ if word == "flavor" && sig.asyncness.is_none() => {
                mistakes.at(
                    name,
                    "`flavor` is for an `async fn`: make it one, or remove `flavor`",
                );
            }
            _ if word.starts_with("topolog") && seen.iter().any(|it| it.starts_with("topolog")) => {
                mistakes.at(
                    name,
                    "`topology` is one network, `topologies` several: keep one of them",
                );
            }
            _ if is_list(&word) => match list {
                None => mistakes.at(
                    name,
                    &format!("`{word}` needs a list in parentheses, as in `{example}`"),
                ),
                Some(list) if word == "requires" => {
                    known.requires = features::features(&list, example, mistakes);
                }
                Some(list) if list.stream().is_empty() => {
                    mistakes.at(
                        list,
                        &format!("`{word}` is empty, and no test would be left: write `{example}`"),
                    );
                }
                Some(list) if word == "families" => {
                    known.families = lists::families(&list, mistakes)
                }
                Some(list) => {
                    known.topology = Topologies::Named(lists::topologies(&list, mistakes))
                }
            },
            None => mistakes.at(name, &format!("`{word}` needs a value, as in `{example}`")),
            Some(value) => match word.as_str() {
                "topology" => known.topology = Topologies::One(value),
                "inside" => known.inside = mistakes.keep(inside(&value)),
                "flavor" => known.flavor = mistakes.keep(flavor(&value)),
                _ => known.timeout = mistakes.keep(timeout(value)),
            },
        }
        seen.push(word);
    }
    known
}

/// How each argument is written; `None` if there is none of this name.
fn example(name: &str) -> Option<&'static str> {
    match name {
        "topology" => Some("topology = docker_lab()"),
        "topologies" => Some("topologies(near = lan(), far = routed())"),
        "families" => Some("families(v4, v6, dual)"),
        "inside" => Some("inside = \"client\""),
        "flavor" => Some("flavor = \"multi_thread\""),
        "timeout" => Some("timeout = 5"),
        "requires" => Some("requires(netem, vlan)"),
        _ => None,
    }
}

/// Whether an argument takes a list of names.
fn is_list(name: &str) -> bool {
    matches!(name, "topologies" | "families" | "requires")
}

fn inside(value: &Expr) -> syn::Result<LitStr> {
    match attr::string(value) {
        Some(name) if name.value().is_empty() => Err(Error::new(
            name.span(),
            "`inside` is empty: name a host of the topology, as in `inside = \"client\"`",
        )),
        Some(name) => Ok(name.clone()),
        None => Err(Error::new_spanned(
            value,
            "`inside` takes a host's name in quotes, as in `inside = \"client\"`",
        )),
    }
}

fn flavor(value: &Expr) -> syn::Result<Flavor> {
    const FLAVORS: &str = "expected \"current_thread\" or \"multi_thread\"";
    let Some(text) = attr::string(value) else {
        return Err(Error::new_spanned(
            value,
            format!("`flavor` takes a name in quotes, {FLAVORS}"),
        ));
    };
    match text.value().as_str() {
        "current_thread" => Ok(Flavor::CurrentThread),
        "multi_thread" => Ok(Flavor::MultiThread),
        other => Err(Error::new(
            text.span(),
            format!("unknown flavor `{other}`, {FLAVORS}"),
        )),
    }
}

/// A number is seconds. Other literals could not be a `Duration`, which the compiler would say in its own words.
fn timeout(value: Expr) -> syn::Result<Timeout> {
    const FORMS: &str = "`timeout` takes whole seconds, as in `timeout = 5`, or a `Duration`";
    let negative = matches!(&value, Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)));
    match attr::literal(&value) {
        Some(syn::Lit::Int(number)) => match number.base10_parse::<u64>() {
            Ok(0) => Err(Error::new(
                number.span(),
                "`timeout` is zero: no test could pass, write one second or more",
            )),
            // Without the suffix that it may have had: the literal is handed to a function of `u64`.
            Ok(seconds) => Ok(Timeout::Seconds(LitInt::new(
                &seconds.to_string(),
                number.span(),
            ))),
            Err(_) => Err(Error::new(number.span(), FORMS)),
        },
        Some(_) => Err(Error::new_spanned(value, FORMS)),
        None if negative => Err(Error::new_spanned(value, FORMS)),
        None => Ok(Timeout::Duration(value)),
    }
}
