//! A thousand hosts on one bridge, and the limit of open descriptors.

use std::fs::File;
use std::net::{IpAddr, TcpListener, TcpStream};
use std::process::Command;

use netns_test::{Network, TestResult, Topology, netns_test};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::census::{Census, threads};

/// What most systems give a process: a soft limit of 1,024, and room to raise it.
const SOFT: u64 = 1024;
const HARD: u64 = 4096;
/// A bridge takes 1,023 ports.
const HOSTS: usize = 1000;

fn on_one_bridge(hosts: usize) -> Topology {
    let bridge = Topology::new().bridge("br0", ["10.1.255.254/16", "fd00:1::ffff/64"]);
    (1..=hosts).fold(bridge, |topology, number| {
        let (high, low) = (number / 250, number % 250 + 1);
        topology.host(format!("h{number}"), |h| {
            let addresses = [
                format!("10.1.{high}.{low}/16"),
                format!("fd00:1::{number}/64"),
            ];
            h.attach("br0", addresses)
        })
    })
}

/// Hosts that nothing links: as many descriptors, and soon made.
fn alone(hosts: usize) -> Topology {
    (1..=hosts).fold(Topology::new(), |topology, number| {
        topology.host(format!("h{number}"), |h| h)
    })
}

fn limit() -> (u64, u64) {
    getrlimit(Resource::RLIMIT_NOFILE).expect("every process has it")
}

fn limit_to(soft: u64, hard: u64) {
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).expect("it can be lowered");
}

#[netns_test(timeout = 300)]
fn a_thousand_hosts_fit_into_the_usual_limit() -> TestResult {
    limit_to(SOFT, HARD);
    let before = Census::take(&[]);
    let network = on_one_bridge(HOSTS).build()?;
    first_meets_last(&network)?;
    // No thread is kept for a host.
    assert_eq!(threads(), before.threads());
    network.close()?;
    before.assert_as_before(&[]);
    Ok(())
}

/// By TCP, which tries again. A frame to everybody becomes a thousand packets at once, and the kernel's queue of them has
/// `net.core.netdev_max_backlog` places for the whole machine, by default a thousand: one more, and somebody does not get his.
fn first_meets_last(network: &Network) -> TestResult {
    let first = network.host("h1");
    let last = network.host(&format!("h{HOSTS}"));
    for address in [IpAddr::from(last.ipv4()), IpAddr::from(last.ipv6())] {
        let listener = last.run(|| TcpListener::bind((address, 80)))?;
        drop(first.run(|| TcpStream::connect((address, 80)))?);
        drop(listener);
    }
    Ok(())
}

/// The hosts' descriptors are above it, so that the test has its own below.
#[netns_test(timeout = 300)]
fn the_test_and_its_programs_have_the_limit_that_they_had() -> TestResult {
    limit_to(64, HARD);
    let network = alone(100).build()?;
    assert_eq!(limit(), (64, HARD));
    let own: Vec<File> = (0..40)
        .map(|_| File::open("/dev/null"))
        .collect::<Result<_, _>>()?;
    let shell = Command::new("sh").args(["-c", "ulimit -Sn"]).output()?;
    assert_eq!(String::from_utf8(shell.stdout)?.trim(), "64");
    // What comes later finds room, too: a look at a host, and another network.
    assert_eq!(network.host("h100").interfaces()?.len(), 1);
    let second = alone(100).build()?;
    assert_eq!(limit(), (64, HARD));
    drop(own);
    second.close()?;
    network.close()?;
    Ok(())
}

/// Several networks are built at once: one must not lower the limit under another.
#[netns_test(timeout = 300)]
fn networks_that_are_built_at_once_share_the_room() -> TestResult {
    limit_to(64, HARD);
    let built: Vec<Network> = std::thread::scope(|scope| {
        let builders = [(); 4].map(|()| scope.spawn(|| alone(100).build()));
        builders
            .map(|builder| builder.join().expect("it does not panic"))
            .into_iter()
            .collect::<Result<_, _>>()
    })?;
    assert_eq!(limit(), (64, HARD));
    drop(built);
    Ok(())
}

#[netns_test]
fn a_hard_limit_that_is_too_low_is_told_before_anything_is_made() -> TestResult {
    limit_to(256, 256);
    let error = on_one_bridge(HOSTS).build().expect_err("there is no room");
    let text = error.to_string();
    assert!(
        text.starts_with("failed to make room for the network's descriptors: "),
        "{text}"
    );
    // A node has one, and building takes some for a moment.
    assert!(
        text.contains(" are open, 1033 more are needed, and RLIMIT_NOFILE allows 256 at most"),
        "{text}"
    );
    assert!(text.contains("ulimit -Hn"), "{text}");
    assert_eq!(limit(), (256, 256));
    // A small one fits all the same.
    Topology::lan(["a", "b"]).build()?.close()?;
    Ok(())
}
