//! The rules of the lists that make several tests of one function.

use proc_macro2::Group;
use syn::{Error, Expr, Ident};

use super::Mistakes;
use crate::attr::{self, Arg, Args};
use crate::model::{Family, label};

/// What `families` lists.
pub(super) fn families(list: &Group, mistakes: &mut Mistakes) -> Vec<Family> {
    const FORM: &str = "`families` takes words, as in `families(v4, v6, dual)`";
    let words = attr::words(list).map_err(|mistake| Error::new(mistake.span(), FORM));
    let words = mistakes.keep(words).unwrap_or_default();
    once_each(words.iter(), mistakes);
    let mut families = vec![];
    for word in words {
        let only = match word.to_string().as_str() {
            "v4" => Some("V4"),
            "v6" => Some("V6"),
            "dual" => None,
            other => {
                let message = format!("unknown family `{other}`, expected one of: v4, v6, dual");
                mistakes.at(word, &message);
                continue;
            }
        };
        families.push(Family { word, only });
    }
    families
}

/// What `topologies` lists.
pub(super) fn topologies(list: &Group, mistakes: &mut Mistakes) -> Vec<(Ident, Expr)> {
    const FORM: &str =
        "each of `topologies` has a name, which its test gets: write `near = docker_lab()`";
    let args = mistakes.keep(syn::parse2::<Args>(list.stream()));
    let args = args.map_or(vec![], |args| args.list);
    once_each(args.iter().map(|arg| &arg.name), mistakes);
    let mut topologies = vec![];
    for Arg { name, value, .. } in args {
        let Some(value) = value else {
            mistakes.at(name, FORM);
            continue;
        };
        if syn::parse_str::<Ident>(&name.to_string()).is_err() {
            let message = format!(
                "`{name}` is a word of the language and names no test: choose another name"
            );
            mistakes.at(&name, &message);
        }
        topologies.push((name, value));
    }
    topologies
}

/// Two tests of one name would be refused by the compiler, in words about functions that nobody wrote.
pub(super) fn once_each<'a>(names: impl Iterator<Item = &'a Ident>, mistakes: &mut Mistakes) {
    let mut seen: Vec<String> = vec![];
    for name in names {
        let word = label(name);
        if seen.contains(&word) {
            mistakes.at(name, &format!("`{word}` is listed twice: keep one"));
        }
        seen.push(word);
    }
}
