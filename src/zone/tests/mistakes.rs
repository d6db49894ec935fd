//! Zones that cannot be served, and what is said about them.

use std::time::Duration;

use crate::zone::{Zone, Zones, check};

/// The causes, each with its object before it.
fn mistakes(zones: impl Zones) -> Vec<String> {
    let (_, mistakes) = check(&zones.zones());
    let lines = mistakes.iter();
    lines
        .map(|it| format!("{}: {}", it.object, it.cause))
        .collect()
}

#[test]
fn all_mistakes_are_found_at_once_each_with_its_line() {
    let before = line!();
    let zone = Zone::new("test")
        .a("www", "fd00::1")
        .aaaa("www", "10.0.0.1")
        .a("ok", "10.0.0.1");
    let (_, found) = check(&[zone]);
    let lines: Vec<u32> = found.iter().map(|it| it.at.line() - before).collect();
    assert_eq!(lines, [2, 3]);
    assert!(found.iter().all(|it| it.at.file().ends_with("mistakes.rs")));
}

#[test]
fn names() {
    let long = "x".repeat(64);
    let label = format!("the label `{long}` of `{long}` has 64 bytes, it may have 1 to 63");
    let deep = "abcdefg.".repeat(32);
    for (name, cause) in [
        ("", "the name is empty; the zone itself is `@`"),
        (
            "a..b",
            "the label `` of `a..b` has 0 bytes, it may have 1 to 63",
        ),
        (&long, &label),
        (&deep, "the name has 255 bytes, it may have 253"),
        ("a b", "the label `a b` of `a b` is no plain ASCII text"),
        ("ü", "the label `ü` of `ü` is no plain ASCII text"),
        ("www.example.org.", "`www.example.org` is not in the zone"),
        ("10.1.0.2", "`2.0.1.10.in-addr.arpa` is not in the zone"),
        (
            "www.test",
            "`www.test` would be `www.test.test`: leave the zone's name out, or end the name with a dot",
        ),
    ] {
        assert_eq!(
            mistakes(Zone::new("test").a(name, "10.0.0.1")),
            [format!("name `{name}` of zone `test`: {cause}")]
        );
    }
}

#[test]
fn names_of_zones() {
    for (name, cause) in [
        ("", "the name is empty; the zone itself is `@`"),
        (
            "a..b",
            "the label `` of `a..b` has 0 bytes, it may have 1 to 63",
        ),
        (
            "10.1.0.0/17",
            "the prefix length 17 ends within a label: a reverse zone's is a multiple of 8",
        ),
        (
            "fd00::/63",
            "the prefix length 63 ends within a label: a reverse zone's is a multiple of 4",
        ),
        ("test/8", "no reverse zone: `test` is not an IP address"),
    ] {
        assert_eq!(
            mistakes(Zone::new(name)),
            [format!("zone `{name}`: {cause}")]
        );
    }
    assert_eq!(
        mistakes([Zone::new("test"), Zone::new("Test.")]),
        ["zone `Test.`: the server has the zone twice"]
    );
    for good in [
        ".",
        "test",
        "Test.",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "10.1.2.3/32",
        "fd00::/4",
        "::/128",
    ] {
        assert!(mistakes(Zone::new(good)).is_empty(), "{good}");
    }
}

#[test]
fn records() {
    let test = || Zone::new("test");
    let alias = || test().cname("www", "web");
    let long = Duration::from_secs(1 << 31);
    for (zone, cause) in [
        (test().a("www", "10.0.0"), "`10.0.0` is not an IPv4 address"),
        (test().aaaa("www", "::g"), "`::g` is not an IPv6 address"),
        (alias().a("www", "10.0.0.1"), "an alias has no other record"),
        (alias().cname("www", "wob"), "an alias has no other record"),
        (alias().cname("www", "web"), "the record is there twice"),
        (
            test().txt("www", "x".repeat(65_001)),
            "the text has 65001 bytes, it may have 65000",
        ),
        (
            test().mx("www", 1, "mail..org"),
            "the label `` of `mail..org` has 0 bytes, it may have 1 to 63",
        ),
        (
            test()
                .ttl(Duration::from_millis(1))
                .a("www", "10.0.0.1")
                .ttl(Duration::ZERO),
            "the time to live 1ms is no number of whole seconds from 0 to 2147483647",
        ),
        (
            test().ttl(long).a("www", "10.0.0.1").ttl(Duration::ZERO),
            "the time to live 2147483648s is no number of whole seconds from 0 to 2147483647",
        ),
    ] {
        assert_eq!(
            mistakes(zone),
            [format!("name `www` of zone `test`: {cause}")]
        );
    }
    assert_eq!(
        mistakes(test().cname("@", "web")),
        ["name `@` of zone `test`: the zone itself cannot be an alias: its SOA record is there"]
    );
}
