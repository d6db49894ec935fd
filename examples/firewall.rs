//! A router between a client and a server, with a firewall: what it lets through, what it counts, and rules that come and go.
//!
//! ```text
//! client --- outside --- router --- inside --- server
//! ```
//!
//! Look for:
//! - who is refused and who is left waiting: `Connection refused` comes at once, silence only ends with the client's patience;
//! - the counters, by the names of the rules;
//! - the rule that is added to the live router, and goes with its guard;
//! - the two nodes that do not hear each other for a while.
//!
//! No program is run and nothing is left behind: `cargo run --example firewall`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use netns_test::{Direction, Network, Rule, TestResult, Topology};

/// How long the client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> TestResult {
    netns_test::run(&lab(), step_by_step)??;
    Ok(())
}

fn lab() -> Topology {
    Topology::new()
        .segment("outside", ())
        .segment("inside", ())
        .host("client", |h| h.join("outside"))
        .host("server", |h| h.join("inside"))
        .router("router", |r| {
            r.join("outside").join("inside").firewall(|f| {
                f.stateful()
                    .rule(Rule::accept().forward().tcp(80).to("server").named("web"))
                    .rule(Rule::reset().forward().tcp(22).named("no ssh"))
                    .rule(Rule::accept().forward().icmp().from("inside"))
                    .drop_by_default(Direction::Forward)
            })
        })
}

fn step_by_step(net: &Network) -> TestResult {
    let (client, server, router) = (net.host("client"), net.host("server"), net.host("router"));
    let _listeners = [80, 443].map(|port| server.run(|| TcpListener::bind(("::", port))));
    let connect = |port: u16| {
        for address in [server.ipv4().into(), server.ipv6().into()] {
            let to = SocketAddr::new(address, port);
            let said = match client.run(|| TcpStream::connect_timeout(&to, PATIENCE)) {
                Ok(_) => "connected".to_owned(),
                Err(error) => error.to_string(),
            };
            println!("  client -> {to}: {said}");
        }
    };

    println!("Port 80 is open, port 22 is refused, and of port 443 nobody hears.");
    for port in [80, 22, 443] {
        connect(port);
    }
    println!("\nThe server may ping, the client may not.");
    println!("  {} answers", server.ping("client")?.received());
    println!("  {} answers", client.ping("server")?.received());

    println!("\nWhat the router has counted:");
    for counter in router.counters()? {
        println!("  {counter}");
    }

    println!("\nA rule is added, before the others.");
    let guard = router.add_rule(Rule::reset().forward().tcp(80).named("closed"))?;
    connect(80);
    println!("  {}", router.counter("closed")?);
    println!("And goes with its guard.");
    drop(guard);
    connect(80);

    println!("\nClient and server do not hear each other.");
    let guard = net.block("client", "server")?;
    connect(80);
    println!(
        "  {} of the router's answers",
        client.ping("router")?.received()
    );
    println!("And do again.");
    guard.heal()?;
    connect(80);
    Ok(())
}
