//! Other people's programs and crates as peers in hosts: they know nothing of this library.
//!
//! They need Debian's curl, nginx-light, iperf3, dnsmasq-base, udhcpc, bind9-dnsutils, redis-server, openssh-server, openssh-client, tcpdump,
//! nftables, iproute2, iputils-ping and util-linux. A machine without one of them fails its tests, or skips them aloud if it may.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod bad_links;
mod leases;
mod multicast;
mod privileges;
mod remote_shell;
mod scratch;
mod speed;
mod store;
mod tools;
mod web;

use netns_test::{NatKind, Result, Topology, require_program};

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// The same two, with a router between them that translates.
fn behind_nat() -> Topology {
    Topology::new()
        .segment("home", "192.168.0.0/24")
        .segment("internet", "203.0.113.0/24")
        .host("client", |h| h.join("home"))
        .host("server", |h| h.attach("internet", "203.0.113.80/24"))
        .router("box", |r| {
            r.join("home")
                .attach("internet", "203.0.113.9/24")
                .nat("internet", |n| {
                    n.kind(NatKind::FullCone).forward_tcp(80, "client:80")
                })
        })
}

fn require(programs: &[&str]) -> Result<()> {
    programs
        .iter()
        .try_for_each(|program| require_program(program).map(drop))
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether this process's user namespace has other ids: root's own has, that of an ordinary user or of a confined root has one alone.
fn has_other_ids() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").expect("a process has a map");
    let lengths = map
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2));
    lengths
        .filter_map(|length| length.parse::<u64>().ok())
        .sum::<u64>()
        > 1
}

/// The name of the user who runs the test, for programs that ask for one.
fn user() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid());
    user.ok().flatten().expect("this user has a name").name
}
