//! How long a connection takes whose first packets are lost: the answer is the kernel's, and the wire shows why.
//!
//! ```text
//! client ---(wire)--- server
//! ```
//!
//! Look for:
//! - the time that `connect` takes. The kernel waits a second for the first answer (RFC 6298), and then twice as long each time: three
//!   seconds for two lost SYNs. Since Linux 6.5 it waits no longer than a second for the first few of them: two seconds;
//! - what the wire saw: one SYN after the other, and what became of each;
//! - the rule that does it, which is one line.
//!
//! No program is run and nothing is left behind: `cargo run --example third_syn`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use netns_test::{Match, Network, PacketRule, TestResult, Topology};

fn main() -> TestResult {
    // One family, so that each line is as short as it can be.
    let lab = Topology::lan(["client", "server"])
        .only(netns_test::Family::V4)
        .wires();
    netns_test::run(&lab, compare)??;
    Ok(())
}

fn compare(net: &Network) -> TestResult {
    let mut table = Vec::new();
    for lost in 0..=2 {
        println!("The first {lost} SYNs are dropped. What the wire sees:");
        table.push((lost, connect(net, lost)?));
        println!();
    }
    match linear_timeouts(net) {
        Some(number) => {
            println!("This kernel waits {number} times equally long (tcp_syn_linear_timeouts).")
        }
        None => println!("This kernel waits twice as long each time."),
    }
    println!("SYNs dropped   connect took");
    for (lost, took) in table {
        println!("{lost:12}   {:8.3} s", took.as_secs_f64());
    }
    Ok(())
}

/// How often the client's kernel sends a SYN again before it waits twice as long.
fn linear_timeouts(net: &Network) -> Option<u8> {
    let file = "/proc/sys/net/ipv4/tcp_syn_linear_timeouts";
    let text = net.host("client").run(|| fs::read_to_string(file)).ok()?;
    text.trim().parse().ok().filter(|number| *number > 0)
}

/// How long it takes to connect when so many SYNs are lost.
fn connect(net: &Network, lost: u64) -> TestResult<Duration> {
    let (client, server) = (net.host("client"), net.host("server"));
    let listener = server.run(|| TcpListener::bind("0.0.0.0:80"))?;
    let link = client.link("eth0");
    // Nothing is the same as no rule: counts begin with 1.
    let _guard = match lost {
        0 => None,
        lost => Some(link.packet_rule(PacketRule::drop(Match::tcp().syn().first(lost)))?),
    };
    let recording = link.record()?;

    let (stream, took) = client.run(|| {
        let began = Instant::now();
        let stream = TcpStream::connect(server.socket_addr(80));
        (stream, began.elapsed())
    });
    let stream = stream?;

    // The acknowledgment of the server's answer may still be on its way.
    recording.wait_for(Match::tcp().ack_only(), 1)?;
    for packet in recording.matching(Match::tcp())? {
        println!("  {packet}");
    }
    drop((stream, listener));
    Ok(took)
}
