//! `ip -j` of one namespace as sorted lines, so that two of them can be compared.

use std::collections::BTreeSet;

use serde_json::Value;

/// The programs' output for one namespace.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) links: String,
    pub(crate) ipv4: String,
    pub(crate) ipv6: String,
    pub(crate) rules: [String; 2],
}

impl Output {
    /// What [`COMMANDS`] printed.
    pub(crate) fn of([links, ipv4, ipv6, rules4, rules6]: [String; 5]) -> Self {
        Self {
            links,
            ipv4,
            ipv6,
            rules: [rules4, rules6],
        }
    }
}

/// The commands behind an [`Output`]. Table `all` shows each address's local route, too.
pub(crate) const COMMANDS: [&str; 5] = [
    "ip -j -d address show",
    "ip -j -d -4 route show table all",
    "ip -j -d -6 route show table all",
    "ip -j -4 rule show",
    "ip -j -6 rule show",
];

/// The links' fields that are compared: everything that a plan decides or that follows from it.
const LINK: [&str; 10] = [
    "ifname",
    "ifindex",
    "address",
    "mtu",
    "operstate",
    "master",
    "link",
    "link_index",
    "txqlen",
    "qdisc",
];
const BRIDGE: [&str; 5] = [
    "stp_state",
    "mcast_snooping",
    "ageing_time",
    "bridge_id",
    "vlan_filtering",
];
const ADDRESS: [&str; 10] = [
    "local",
    "prefixlen",
    "broadcast",
    "scope",
    "label",
    "nodad",
    "tentative",
    "dynamic",
    "secondary",
    "noprefixroute",
];

/// One line for each link, address, route and rule.
pub(crate) fn lines(output: &Output) -> BTreeSet<String> {
    let links = parse(&output.links);
    let mut lines = BTreeSet::new();
    let mut random = Vec::new();
    for link in &links {
        let name = link["ifname"].as_str().unwrap();
        let mut flags: Vec<&str> = array(&link["flags"])
            .iter()
            .filter_map(Value::as_str)
            .collect();
        flags.sort_unstable();
        let kind = link["linkinfo"]["info_kind"].as_str().unwrap_or("-");
        let mut line = format!("link {} {kind} {}", picked(link, &LINK), flags.join(","));
        let data = &link["linkinfo"]["info_data"];
        let port = &link["linkinfo"]["info_slave_data"];
        if kind == "bridge" {
            line.push_str(&picked(data, &BRIDGE));
            // Nobody decides the hardware address of a bridge that has neither ports nor a chosen one: it is random.
            let id = data["bridge_id"].as_str();
            if id == Some("8000.0:0:0:0:0:0") {
                random.extend(link["address"].as_str());
                let addresses = array(&link["addr_info"]).iter();
                let own = addresses.filter_map(|it| it["local"].as_str());
                random.extend(own.filter(|own| own.starts_with("fe80::")));
            }
        }
        line.push_str(&picked(port, &["state", "no", "cost"]));
        lines.insert(line);
        for address in array(&link["addr_info"]) {
            lines.insert(format!("address {name} {}", picked(address, &ADDRESS)));
        }
    }
    for (family, text) in [("ipv4", &output.ipv4), ("ipv6", &output.ipv6)] {
        lines.extend(
            parse(text)
                .iter()
                .filter(|route| !is_link_local(route))
                .map(|route| format!("route {family} {route}")),
        );
    }
    for (family, text) in ["ipv4", "ipv6"].into_iter().zip(&output.rules) {
        let rules = parse(text);
        lines.extend(rules.iter().map(|rule| format!("rule {family} {rule}")));
    }
    let blur = |line: String| {
        random
            .iter()
            .fold(line, |line, it| line.replace(it, "random"))
    };
    lines.into_iter().map(blur).collect()
}

/// The route to the link-local subnet, which the kernel adds with an address of its own making, and nobody else decides.
///
/// When a carrier comes and goes under load, the kernel was seen to keep the address and forget the route, on the script's side.
fn is_link_local(route: &Value) -> bool {
    route["dst"] == "fe80::/64" && route["protocol"] == "kernel"
}

/// `ip` prints nothing at all where there is nothing to list.
pub(crate) fn parse(text: &str) -> Vec<Value> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    // It prints empty objects in place of what it filtered out.
    array(&value)
        .iter()
        .filter(|it| it.as_object().is_some_and(|it| !it.is_empty()))
        .cloned()
        .collect()
}

pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn picked(value: &Value, fields: &[&str]) -> String {
    let there = fields.iter().filter(|field| !value[**field].is_null());
    there
        .map(|field| format!(" {field}={}", value[*field]))
        .collect()
}
