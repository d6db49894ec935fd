//! The way to a target as the real `traceroute` and `tracepath` find it.

use netns_test::{Host, Network, TestResult, Topology, TraceReport, Traceroute, netns_test};

use crate::compare::in_host;

/// Three routers in a row, between links that get narrower.
fn row() -> Topology {
    let segment = |topology: Topology, number: u8| {
        let subnets = [
            format!("10.10.{number}.0/24"),
            format!("fd10:{number}::/64"),
        ];
        topology.segment(format!("s{number}"), subnets)
    };
    (0..4)
        .fold(Topology::new(), segment)
        .host("a", |h| h.join("s0"))
        .router("r1", |r| r.join("s0").attach_with("s1", |i| i.mtu(1400)))
        .router("r2", |r| {
            r.attach_with("s1", |i| i.mtu(1400))
                .attach_with("s2", |i| i.mtu(1300))
        })
        .router("r3", |r| {
            r.attach_with("s2", |i| i.mtu(1300))
                .join("s3")
                .route_with("10.99.1.0/24", |r| r.unreachable())
                .route_with("10.99.2.0/24", |r| r.prohibit())
                .route_with("fd99:1::/64", |r| r.unreachable())
                .route_with("fd99:2::/64", |r| r.prohibit())
        })
        .router("r4", |r| {
            r.join("s3")
                .route("10.99.0.0/16", "10.10.3.4")
                .route("fd99::/16", "fd10:3::4")
        })
        .host("b", |h| h.join("s3"))
}

const FAR: [&str; 2] = ["10.10.3.6", "fd10:3::6"];

/// Debian calls it by its own name, which a link leads to where packages were configured.
fn program(host: Host<'_>) -> &'static str {
    let found = |name: &&str| host.command(name).arg("--version").output().is_ok();
    let names = ["traceroute", "traceroute.db"];
    let found = names.into_iter().find(found);
    found.expect("`traceroute` is needed")
}

/// Addresses and marks, hop by hop.
fn typed(host: Host<'_>, options: &str) -> Vec<String> {
    let program = program(host);
    // One probe at a time, and time enough for it: no router is hurried.
    let text = in_host(host, &format!("{program} -n -q 1 -N 1 -w 20 {options}"));
    let lines = text.lines().skip(1).map(|line| {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let mark = words.last().filter(|word| word.starts_with('!'));
        format!("{} {}", words[0], mark.unwrap_or(&""))
    });
    lines.collect()
}

fn ours(report: &TraceReport) -> Vec<String> {
    let hops = report.hops().iter().map(|hop| {
        let text = hop.answers()[0].to_string();
        let mark = text.split(' ').find(|word| word.starts_with('!'));
        let address = hop.responder().unwrap().address();
        format!("{address} {}", mark.unwrap_or(""))
    });
    hops.collect()
}

fn patient(trace: Traceroute) -> Traceroute {
    trace.timeout(std::time::Duration::from_secs(20))
}

#[netns_test(topology = row())]
fn traces_are_those_of_traceroute(net: &Network) -> TestResult {
    let a = net.host("a");
    for target in FAR {
        let report = a.traceroute_with(target, patient)?;
        assert_eq!(report.hops().len(), 4, "{report}");
        assert_eq!(ours(&report), typed(a, target), "{report}");
        let report = a.traceroute_with(target, |t| patient(t).icmp())?;
        assert_eq!(ours(&report), typed(a, &format!("-I {target}")), "{report}");
        let heading = in_host(a, &format!("{} -n -m 1 {target}", program(a)));
        let expected = heading.lines().next().unwrap().replace("1 hops", "30 hops");
        assert_eq!(report.to_string().lines().next().unwrap(), expected);
    }
    Ok(())
}

#[netns_test(topology = row())]
fn marks_are_those_of_traceroute(net: &Network) -> TestResult {
    let r4 = net.host("r4");
    for target in [
        "10.99.1.1",
        "10.99.2.1",
        "10.99.3.1",
        "fd99:1::1",
        "fd99:2::1",
        "fd99:3::1",
    ] {
        let report = r4.traceroute_with(target, patient)?;
        // The kernel lets two seconds pass between two refusals to the same host, which the program does not wait for.
        let typed = loop {
            let typed = typed(r4, &format!("-m 1 -w 2 {target}"));
            if typed != ["* "] {
                break typed;
            }
        };
        assert_eq!(ours(&report), typed, "{report}");
    }
    Ok(())
}

#[netns_test(topology = row())]
fn path_mtus_are_those_of_tracepath(net: &Network) -> TestResult {
    let a = net.host("a");
    for target in FAR {
        let typed = in_host(a, &format!("tracepath -n {target}"));
        assert!(typed.contains("Resume: pmtu 1300 hops 4"), "{typed}");
        let mtu = a.path_mtu(target)?;
        mtu.assert_bytes(1300);
        assert_eq!(mtu.narrowest().unwrap().host(), Some("r2"), "{mtu}");
    }
    Ok(())
}
