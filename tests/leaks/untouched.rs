//! The machine's own network is, byte for byte, what it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serial_test::serial;

use crate::suite::Suite;
use crate::victims;

/// What counts, and so changes by itself: the connections that the machine tracks, under both of its names.
const VOLATILE: [&str; 2] = [
    "/proc/sys/net/netfilter/nf_conntrack_count",
    "/proc/sys/net/nf_conntrack_count",
];

#[test]
#[serial(suites)]
fn the_machines_links_addresses_routes_and_sysctls_are_as_before() {
    let before = Machine::look();
    Suite::of("victims::", victims::NUMBER)
        .run()
        .assert_passed();
    Suite::of("endings::", 4).run().assert_passed();
    before.assert_same(&Machine::look());
}

/// Texts by the file or command that they come from.
struct Machine(BTreeMap<String, String>);

impl Machine {
    fn look() -> Self {
        let mut texts = BTreeMap::new();
        texts.insert("/sys/class/net".to_owned(), links());
        for file in ["route", "ipv6_route", "if_inet6", "dev_mcast", "igmp6"] {
            let path = format!("/proc/thread-self/net/{file}");
            if let Ok(text) = fs::read_to_string(&path) {
                texts.insert(path, without_counters(file, &text));
            }
        }
        for arguments in [
            ["address", "show"],
            ["-4", "rule"],
            ["-6", "rule"],
            ["route", "show"],
            ["netns", "list"],
        ] {
            if let Some(text) = ip(&arguments) {
                texts.insert(format!("ip {}", arguments.join(" ")), text);
            }
        }
        if let Some(text) = ip(&["neighbour", "show"]) {
            texts.insert("ip neighbour".to_owned(), foreign(&text));
        }
        sysctls(Path::new("/proc/sys/net"), &mut texts);
        Self(texts)
    }

    fn assert_same(&self, now: &Self) {
        assert!(
            self.0.len() > 100,
            "hardly anything could be read: {:?}",
            self.0.keys()
        );
        for (name, text) in &self.0 {
            assert_eq!(now.0.get(name), Some(text), "{name}");
        }
        assert_eq!(self.0.len(), now.0.len());
    }
}

/// The names, and of each link what people set. Its counters count.
fn links() -> String {
    let mut text = String::new();
    for link in crate::census::entries("/sys/class/net".as_ref()) {
        let read = |what: &str| fs::read_to_string(format!("{link}/{what}")).unwrap_or_default();
        let facts = ["ifindex", "address", "mtu", "flags"].map(|what| read(what).trim().to_owned());
        text.push_str(&format!("{link} {}\n", facts.join(" ")));
    }
    text
}

/// `ipv6_route` ends with reference and use counts, flags, and the device; the counts count.
fn without_counters(file: &str, text: &str) -> String {
    if file != "ipv6_route" {
        return text.to_owned();
    }
    let lines = text.lines().map(|line| {
        let words = line.split_whitespace().enumerate();
        let kept = words.filter(|(position, _)| !(6..=7).contains(position));
        kept.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The entries of the subnets that these tests use: the machine's real neighbours come, go and age.
fn foreign(neighbours: &str) -> String {
    let ours = |line: &&str| line.starts_with("10.1.") || line.starts_with("fd00:1:");
    neighbours
        .lines()
        .filter(ours)
        .collect::<Vec<_>>()
        .join("\n")
}

fn ip(arguments: &[&str]) -> Option<String> {
    let output = Command::new("ip").args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    // How much longer an address from DHCP or a router is valid counts down.
    let lines = text.lines().filter(|line| !line.contains("valid_lft"));
    Some(lines.collect::<Vec<_>>().join("\n"))
}

fn sysctls(folder: &Path, texts: &mut BTreeMap<String, String>) {
    for entry in crate::census::entries(folder) {
        let path = Path::new(&entry);
        if path.is_dir() {
            sysctls(path, texts);
        } else if !VOLATILE.contains(&entry.as_str()) {
            // Some can only be written, and some only be read by root.
            if let Ok(text) = fs::read_to_string(path) {
                texts.insert(entry, text);
            }
        }
    }
}
