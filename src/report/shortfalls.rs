//! What nodes have of the machine's because it let them have nothing else: said once for all of them that it is true of.

use super::text::Seen;
use crate::live::{Lack, Unset};

/// A line each, in the order in which the nodes come.
pub(super) fn render(nodes: &[&Seen]) -> String {
    let mut found: Vec<(Vec<&str>, Shortfall)> = Vec::new();
    for node in nodes {
        for shortfall in of(node) {
            match found.iter_mut().find(|(_, known)| *known == shortfall) {
                Some((names, _)) => names.push(&node.name),
                None => found.push((vec![&node.name], shortfall)),
            }
        }
    }
    let lines = found
        .iter()
        .map(|(names, shortfall)| line(names, shortfall));
    lines.collect()
}

#[derive(PartialEq)]
enum Shortfall<'s> {
    Unset(&'s Unset),
    Lack(&'s Lack),
}

fn of(node: &Seen) -> impl Iterator<Item = Shortfall<'_>> {
    let unset = node.unset.iter().map(Shortfall::Unset);
    unset.chain(node.lacking.iter().map(Shortfall::Lack))
}

fn line(names: &[&str], shortfall: &Shortfall<'_>) -> String {
    let who = names.join(", ");
    match shortfall {
        Shortfall::Unset(Unset {
            sysctl,
            value,
            cause,
        }) => {
            // Some values are separated by tabs.
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{who}: could not set {sysctl} to {value}: {cause}\n")
        }
        Shortfall::Lack(Lack {
            what,
            cause,
            remedy,
        }) => {
            let see = if names.len() == 1 { "sees" } else { "see" };
            let helps = remedy.iter().map(|remedy| format!("; {remedy}"));
            let helps: String = helps.collect();
            format!("{who} {see} the machine's {what}: {cause}{helps}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_true_of_several_nodes_is_said_once() {
        let node = |name: &str, lacks: &[&'static str]| Seen {
            name: name.to_owned(),
            interfaces: Vec::new(),
            routes: Vec::new(),
            neighbours: Vec::new(),
            counters: Vec::new(),
            listening: Ok(None),
            unset: vec![Unset {
                sysctl: "net/ipv4/tcp_rmem".to_owned(),
                value: "1\t2\t3".to_owned(),
                cause: "Read-only file system".to_owned(),
            }],
            lacking: lacks
                .iter()
                .map(|what| Lack::new(what, &std::io::Error::from_raw_os_error(1)))
                .collect(),
        };
        let nodes = [node("root", &["/sys"]), node("a", &["/sys", "/proc"])];
        assert_eq!(
            render(&nodes.each_ref()),
            "root, a: could not set net/ipv4/tcp_rmem to 1 2 3: Read-only file system\n\
             root, a see the machine's /sys: Operation not permitted\n\
             a sees the machine's /proc: Operation not permitted\n"
        );
    }
}
