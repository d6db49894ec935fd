//! Decides policy rules: their families, and that they say something.

use std::fmt::{self, Display, Formatter};

use crate::address::{Cidr, Family};
use crate::error::Result;
use crate::plan::draft::{Draft, listed, nodes};
use crate::plan::mistakes::Mistakes;
use crate::plan::script::word;
use crate::topology::{RuleSpec, Topology, Written};

/// A policy rule of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) family: Family,
    pub(crate) from: Option<Cidr>,
    pub(crate) to: Option<Cidr>,
    pub(crate) iif: Option<String>,
    pub(crate) oif: Option<String>,
    pub(crate) fwmark: Option<u32>,
    pub(crate) table: u32,
    pub(crate) priority: Option<u32>,
}

/// Gives every node its rules.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    for (node, host) in nodes(topology) {
        for spec in &host.rules {
            let object = format!("rule of node `{}`", host.name.text);
            let names = draft.nodes[node].names.keys().map(String::as_str);
            let known: Vec<&str> = std::iter::once("lo").chain(names).collect();
            let rules = rules(spec, &object, &known, mistakes).unwrap_or_default();
            let wanted = |rule: &Rule| draft.only.is_none_or(|only| only == rule.family);
            let rules: Vec<Rule> = rules.into_iter().filter(wanted).collect();
            draft.nodes[node].rules.extend(rules);
        }
    }
}

/// Decides a rule that is added to a live node with these interfaces.
pub(crate) fn decide_one(
    spec: &RuleSpec,
    node: &str,
    known: &[&str],
    families: &[Family],
) -> Result<Vec<Rule>> {
    let mut mistakes = Mistakes::new(&[]);
    let object = format!("rule of node `{node}`");
    let rules = rules(spec, &object, known, &mut mistakes).unwrap_or_default();
    mistakes.into_result()?;
    let wanted = |rule: &Rule| families.contains(&rule.family);
    Ok(rules.into_iter().filter(wanted).collect())
}

/// One for each family; nothing when something about it is wrong.
fn rules(
    spec: &RuleSpec,
    object: &str,
    known: &[&str],
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<Rule>> {
    let from = subnet(spec.from.as_ref(), object, mistakes)?;
    let to = subnet(spec.to.as_ref(), object, mistakes)?;
    let mut ipv4 = from.iter().chain(&to).map(|it| it.is_ipv4());
    let families = match (ipv4.next(), ipv4.next()) {
        (Some(a), Some(b)) if a != b => {
            let cause = "its two subnets are of different families";
            mistakes.push(spec.at, object, cause);
            return None;
        }
        (Some(true), _) => &Family::BOTH[..1],
        (Some(false), _) => &Family::BOTH[1..],
        (None, _) => &Family::BOTH[..],
    };
    let iif = interface(spec.iif.as_ref(), object, known, mistakes)?;
    let oif = interface(spec.oif.as_ref(), object, known, mistakes)?;
    let Some(table) = spec.table.filter(|table| *table != 0) else {
        let cause =
            "nothing says by which table packets are routed: add `.table(..)`, a number from 1";
        mistakes.push(spec.at, object, cause);
        return None;
    };
    let rule = |family: &Family| Rule {
        family: *family,
        from,
        to,
        iif: iif.clone(),
        oif: oif.clone(),
        fwmark: spec.fwmark,
        table,
        priority: spec.priority,
    };
    Some(families.iter().map(rule).collect())
}

fn subnet(
    written: Option<&Written>,
    object: &str,
    mistakes: &mut Mistakes<'_>,
) -> Option<Option<Cidr>> {
    let Some(written) = written else {
        return Some(None);
    };
    let found = mistakes.parse::<Cidr>(written, object)?;
    let subnet = found.network();
    if found != subnet {
        let cause = format!("{found} has host bits set, the subnet is {subnet}");
        mistakes.push(written.at, object, cause);
        return None;
    }
    Some(Some(subnet))
}

fn interface(
    written: Option<&Written>,
    object: &str,
    known: &[&str],
    mistakes: &mut Mistakes<'_>,
) -> Option<Option<String>> {
    let Some(Written { text, at }) = written else {
        return Some(None);
    };
    if known.contains(&text.as_str()) {
        return Some(Some(text.clone()));
    }
    let mut known = known.to_vec();
    known.sort_unstable();
    let cause = format!("no interface is called `{text}` ({})", listed(&known));
    mistakes.push(at, object, cause);
    None
}

/// As `ip rule add` takes it.
impl Display for Rule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.from {
            Some(from) => write!(f, "from {from}")?,
            None => write!(f, "from all")?,
        }
        if let Some(to) = self.to {
            write!(f, " to {to}")?;
        }
        if let Some(mark) = self.fwmark {
            write!(f, " fwmark {mark}")?;
        }
        if let Some(iif) = &self.iif {
            write!(f, " iif {}", word(iif))?;
        }
        if let Some(oif) = &self.oif {
            write!(f, " oif {}", word(oif))?;
        }
        write!(f, " table {}", self.table)?;
        match self.priority {
            Some(priority) => write!(f, " priority {priority}"),
            None => Ok(()),
        }
    }
}
