//! A zone that has been checked: what it says about a name.
//!
//! The steps are those of [RFC 1034](https://www.rfc-editor.org/rfc/rfc1034#section-4.3.2), wildcards those of
//! [RFC 4592](https://www.rfc-editor.org/rfc/rfc4592).

use std::collections::BTreeMap;
use std::iter;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::zone::name;
use crate::zone::query::RecordType;

/// An alias of an alias is followed this often; a circle ends here, too.
const ALIASES: usize = 16;

/// A zone without mistakes. Names are absolute, in lower case, and without their final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(super) name: String,
    /// Those names that exist, the ones in between that have nothing of their own included.
    pub(super) nodes: BTreeMap<String, Vec<Record>>,
    pub(super) quirks: BTreeMap<String, Quirks>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// In seconds.
    pub(super) ttl: u32,
    pub(super) data: Data,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Cname(String),
    Mx(u16, String),
    Ns(String),
    Ptr(String),
    Soa { server: String, mailbox: String },
    Srv(u16, u16, u16, String),
    Txt(String),
}

/// How the server behaves when it is asked for a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Quirks {
    pub(super) failure: Option<Failure>,
    pub(super) truncated: bool,
    pub(super) silent: bool,
    pub(super) delay: Duration,
    /// The number of queries that get no answer.
    pub(super) flaky: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quirk {
    Failure(Failure),
    Truncated,
    Silent,
    Delay(Duration),
    Flaky(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    NxDomain,
    ServFail,
    Refused,
}

/// What a zone says, section by section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Neither the name nor a wildcard is there.
    pub(super) no_such_name: bool,
    /// The name belongs to another server's zone.
    pub(super) delegated: bool,
    pub(super) answers: Vec<(String, Record)>,
    pub(super) authority: Vec<(String, Record)>,
    pub(super) additional: Vec<(String, Record)>,
}

impl Quirks {
    pub(super) fn add(&mut self, quirk: Quirk) {
        match quirk {
            Quirk::Failure(failure) => self.failure = Some(failure),
            Quirk::Truncated => self.truncated = true,
            Quirk::Silent => self.silent = true,
            Quirk::Delay(delay) => self.delay = delay,
            Quirk::Flaky(unanswered) => self.flaky = unanswered,
        }
    }
}

impl Data {
    pub(super) fn record_type(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Cname(_) => RecordType::Cname,
            Self::Mx(..) => RecordType::Mx,
            Self::Ns(_) => RecordType::Ns,
            Self::Ptr(_) => RecordType::Ptr,
            Self::Soa { .. } => RecordType::Soa,
            Self::Srv(..) => RecordType::Srv,
            Self::Txt(_) => RecordType::Txt,
        }
    }

    /// The name whose addresses whoever gets this record will ask for next.
    fn leads_to(&self) -> Option<&str> {
        match self {
            Self::Mx(_, target) | Self::Ns(target) | Self::Srv(_, _, _, target) => Some(target),
            _ => None,
        }
    }
}

impl Authority {
    /// The zone's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The zone that a name belongs to: of several, the longest.
    pub(super) fn of<'z>(zones: &'z [Self], asked: &str) -> Option<&'z Self> {
        let holding = zones
            .iter()
            .filter(|zone| name::is_within(asked, &zone.name));
        holding.max_by_key(|zone| zone.name.len())
    }

    /// How the server behaves when it is asked for the name, and the name under which that was written.
    pub(super) fn quirks(&self, asked: &str) -> Option<(&str, &Quirks)> {
        let written = |name: &str| {
            let (name, quirks) = self.quirks.get_key_value(name)?;
            Some((name.as_str(), quirks))
        };
        if let Some(own) = written(asked) {
            return Some(own);
        }
        if self.nodes.contains_key(asked) {
            return None;
        }
        written(&wildcard(self.closest(asked)))
    }

    /// The records of that type.
    pub(super) fn look_up(&self, asked: &str, record_type: RecordType) -> Found {
        let mut found = Found::default();
        let mut name = asked.to_owned();
        for _ in 0..ALIASES {
            match self.step(name, record_type, &mut found) {
                Some(next) if name::is_within(&next, &self.name) => name = next,
                _ => break,
            }
        }
        self.add_addresses(&mut found);
        found
    }

    /// Adds what one name has; the result is the name that it is an alias of.
    fn step(&self, name: String, record_type: RecordType, found: &mut Found) -> Option<String> {
        if let Some((cut, servers)) = self.delegation(&name) {
            // Behind an alias of this zone the answer stays ours.
            found.delegated = found.answers.is_empty();
            found
                .authority
                .extend(servers.map(|record| (cut.to_owned(), record.clone())));
            return None;
        }
        let Some(records) = self.records(&name) else {
            found.no_such_name = true;
            self.deny(found);
            return None;
        };
        let matches = |record: &&Record| {
            let own = record.data.record_type();
            record_type == RecordType::Any || own == record_type
        };
        let before = found.answers.len();
        let fitting = records.iter().filter(matches);
        found
            .answers
            .extend(fitting.map(|record| (name.clone(), record.clone())));
        if found.answers.len() > before {
            return None;
        }
        let alias = records.iter().find_map(|record| match &record.data {
            Data::Cname(target) => Some((record, target)),
            _ => None,
        });
        match alias {
            Some((record, target)) => {
                found.answers.push((name, record.clone()));
                Some(target.clone())
            }
            None => {
                self.deny(found);
                None
            }
        }
    }

    /// The records of a name, or of the wildcard that stands for it.
    fn records(&self, name: &str) -> Option<&[Record]> {
        let own = self.nodes.get(name);
        own.or_else(|| self.nodes.get(&wildcard(self.closest(name))))
            .map(Vec::as_slice)
    }

    /// The closest name above that exists.
    fn closest<'n>(&self, name: &'n str) -> &'n str {
        iter::successors(name::parent(name), |name| name::parent(name))
            .find(|name| self.nodes.contains_key(*name))
            .unwrap_or_default()
    }

    /// The highest name below the zone's own, on the way to this one, that has name servers.
    fn delegation<'n>(&self, name: &'n str) -> Option<(&'n str, impl Iterator<Item = &Record>)> {
        let way = iter::successors(Some(name), |name| name::parent(name));
        let cut = way
            .take_while(|name| name.len() > self.name.len())
            .filter(|name| self.servers(name).next().is_some())
            .last()?;
        Some((cut, self.servers(cut)))
    }

    fn servers(&self, name: &str) -> impl Iterator<Item = &Record> {
        let records = self.nodes.get(name).into_iter().flatten();
        records.filter(|record| record.data.record_type() == RecordType::Ns)
    }

    /// What is said of a name that is not there.
    pub(super) fn denial(&self) -> Found {
        let mut found = Found {
            no_such_name: true,
            ..Found::default()
        };
        self.deny(&mut found);
        found
    }

    /// The proof that there is nothing: the zone's SOA record.
    fn deny(&self, found: &mut Found) {
        let own = self.nodes.get(&self.name).into_iter().flatten();
        let soa = own.filter(|record| record.data.record_type() == RecordType::Soa);
        found
            .authority
            .extend(soa.map(|record| (self.name.clone(), record.clone())));
    }

    /// Adds the addresses, as far as the zone has them, of the servers that the answer names.
    fn add_addresses(&self, found: &mut Found) {
        let given = found.answers.iter().chain(&found.authority);
        let mut names: Vec<String> = given
            .filter_map(|(_, record)| record.data.leads_to().map(str::to_owned))
            .collect();
        names.sort();
        names.dedup();
        for name in names {
            let records = self.nodes.get(&name).into_iter().flatten();
            let addresses = records.filter(|it| matches!(it.data, Data::A(_) | Data::Aaaa(_)));
            found
                .additional
                .extend(addresses.map(|record| (name.clone(), record.clone())));
        }
    }
}

fn wildcard(above: &str) -> String {
    if above.is_empty() {
        "*".to_owned()
    } else {
        format!("*.{above}")
    }
}
