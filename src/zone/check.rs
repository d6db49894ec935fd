//! From a zone as it was written to one that can be served, with all its mistakes.

use std::collections::BTreeMap;
use std::iter;
use std::panic::Location;
use std::time::Duration;

use crate::zone::authority::{Authority, Data, Quirks, Record};
use crate::zone::query::RecordType;
use crate::zone::{Entry, What, Written, Zone, name};

/// The bytes of a text that fit into a message beside everything else.
const TEXT: usize = 65_000;

/// Something that is wrong with a zone: "zone `test`", "the label ...".
#[derive(Debug)]
pub(crate) struct ZoneMistake {
    pub(crate) at: &'static Location<'static>,
    pub(crate) object: String,
    pub(crate) cause: String,
}

/// Checks the zones of one server.
pub(crate) fn check(zones: &[Zone]) -> (Vec<Authority>, Vec<ZoneMistake>) {
    let mut mistakes = Vec::new();
    let mut checked: Vec<Authority> = Vec::new();
    for zone in zones {
        let object = format!("zone `{}`", zone.name);
        match name::of_zone(&zone.name) {
            Ok(name) if checked.iter().any(|earlier| earlier.name == name) => {
                mistakes.push(ZoneMistake {
                    at: zone.at,
                    object,
                    cause: "the server has the zone twice".to_owned(),
                });
            }
            Ok(name) => checked.push(Draft::of(zone, name, &mut mistakes)),
            Err(cause) => mistakes.push(ZoneMistake {
                at: zone.at,
                object,
                cause,
            }),
        }
    }
    (checked, mistakes)
}

/// A zone in the making.
struct Draft<'z> {
    zone: &'z Zone,
    name: String,
    nodes: BTreeMap<String, Vec<Record>>,
    quirks: BTreeMap<String, Quirks>,
}

impl<'z> Draft<'z> {
    fn of(zone: &'z Zone, name: String, mistakes: &mut Vec<ZoneMistake>) -> Authority {
        let mut draft = Self {
            zone,
            name,
            nodes: BTreeMap::new(),
            quirks: BTreeMap::new(),
        };
        for entry in &zone.entries {
            if let Err(cause) = draft.add(entry) {
                mistakes.push(ZoneMistake {
                    at: entry.at,
                    object: format!("name `{}` of zone `{}`", entry.name, zone.name),
                    cause,
                });
            }
        }
        if let Err(cause) = draft.add_soa() {
            mistakes.push(ZoneMistake {
                at: zone.at,
                object: format!("zone `{}`", zone.name),
                cause,
            });
        }
        draft.fill_gaps();
        Authority {
            name: draft.name,
            nodes: draft.nodes,
            quirks: draft.quirks,
        }
    }

    fn add(&mut self, entry: &Entry) -> Result<(), String> {
        let owner = name::owner(&entry.name, &self.name)?;
        match &entry.what {
            What::Quirk(quirk) => {
                self.quirks.entry(owner).or_default().add(*quirk);
                Ok(())
            }
            What::Record { ttl, data } => {
                let record = Record {
                    ttl: seconds(*ttl)?,
                    data: self.data(data)?,
                };
                self.add_record(owner, record)
            }
        }
    }

    fn add_record(&mut self, owner: String, record: Record) -> Result<(), String> {
        let is_alias = |record: &Record| record.data.record_type() == RecordType::Cname;
        let is_zone = owner == self.name;
        let there = self.nodes.entry(owner).or_default();
        if there.iter().any(|other| other.data == record.data) {
            return Err("the record is there twice".to_owned());
        }
        if is_alias(&record) && is_zone {
            return Err("the zone itself cannot be an alias: its SOA record is there".to_owned());
        }
        if !there.is_empty() && (is_alias(&record) || there.iter().any(is_alias)) {
            return Err("an alias has no other record".to_owned());
        }
        there.push(record);
        Ok(())
    }

    fn data(&self, data: &Written) -> Result<Data, String> {
        Ok(match data {
            Written::A(address) => Data::A(
                address
                    .parse()
                    .map_err(|_| format!("`{address}` is not an IPv4 address"))?,
            ),
            Written::Aaaa(address) => Data::Aaaa(
                address
                    .parse()
                    .map_err(|_| format!("`{address}` is not an IPv6 address"))?,
            ),
            Written::Cname(target) => Data::Cname(self.target(target)?),
            Written::Mx(preference, target) => Data::Mx(*preference, self.target(target)?),
            Written::Ns(target) => Data::Ns(self.target(target)?),
            Written::Ptr(target) => Data::Ptr(self.target(target)?),
            Written::Srv(priority, weight, port, target) => {
                Data::Srv(*priority, *weight, *port, self.target(target)?)
            }
            Written::Txt(text) if text.len() > TEXT => {
                return Err(format!(
                    "the text has {} bytes, it may have {TEXT}",
                    text.len()
                ));
            }
            Written::Txt(text) => Data::Txt(text.clone()),
        })
    }

    fn target(&self, text: &str) -> Result<String, String> {
        if name::is_reverse(&self.name) {
            name::absolute(text)
        } else {
            name::target(text, &self.name)
        }
    }

    /// Every zone has one, with its first name server in it.
    fn add_soa(&mut self) -> Result<(), String> {
        let below = |label: &str| match self.name.as_str() {
            "" => label.to_owned(),
            name => format!("{label}.{name}"),
        };
        let own = self.nodes.get(&self.name).into_iter().flatten();
        let mut servers = own.filter_map(|record| match &record.data {
            Data::Ns(server) => Some(server.clone()),
            _ => None,
        });
        let data = Data::Soa {
            server: servers.next().unwrap_or_else(|| below("ns")),
            mailbox: below("hostmaster"),
        };
        let soa = Record {
            ttl: seconds(self.zone.ttl)?,
            data,
        };
        self.nodes
            .entry(self.name.clone())
            .or_default()
            .insert(0, soa);
        Ok(())
    }

    /// A name exists if there is one below it, even if it has no record.
    fn fill_gaps(&mut self) {
        let names: Vec<String> = self.nodes.keys().cloned().collect();
        for name in &names {
            let above = iter::successors(name::parent(name), |name| name::parent(name));
            for name in above.take_while(|name| name.len() > self.name.len()) {
                self.nodes.entry(name.to_owned()).or_default();
            }
        }
    }
}

/// A time to live as the protocol has it, [RFC 2181](https://www.rfc-editor.org/rfc/rfc2181#section-8).
fn seconds(ttl: Duration) -> Result<u32, String> {
    match u32::try_from(ttl.as_secs()) {
        Ok(seconds) if seconds <= i32::MAX as u32 && ttl.subsec_nanos() == 0 => Ok(seconds),
        _ => Err(format!(
            "the time to live {ttl:?} is no number of whole seconds from 0 to {}",
            i32::MAX
        )),
    }
}
