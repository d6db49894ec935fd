//! Two hosts with three routers between them: the way there, a route that is missing, a link that is cut, and who is to blame.
//!
//! ```sh
//! cargo run --example routed
//! ```
#![allow(clippy::print_stdout, reason = "an example prints what it sees")]

use netns_test::{Network, TestResult, Topology};

fn main() -> TestResult {
    netns_test::run(&lab(), step_by_step)??;
    Ok(())
}

/// `client -- r1 -- r2 -- r3 -- server`
fn lab() -> Topology {
    Topology::new()
        .host("client", |h| h)
        .router("r1", |r| r)
        .router("r2", |r| r)
        .router("r3", |r| r)
        .host("server", |h| h)
        .link("client", "r1")
        .link("r1", "r2")
        .link("r2", "r3")
        .link("r3", "server")
}

fn step_by_step(net: &Network) -> TestResult {
    let (client, server, r2) = (net.host("client"), net.host("server"), net.host("r2"));
    net.assert_path("client", "server", ["r1", "r2", "r3"]);
    println!("{}\n", client.traceroute(server.ipv4())?);
    println!("{}\n", client.traceroute_with(server.ipv6(), |t| t.icmp())?);
    println!("{}\n", client.path_mtu("server")?);

    println!("All is well:\n{}\n", net.explain("client", "server")?);

    println!(
        "The routes of r2, of which the last one is taken away:\n{}",
        r2.routes()?
    );
    let (subnet, gateway) = ("10.4.0.0/16", "10.3.0.4");
    r2.remove_route(subnet, |r| r.via(gateway))?;
    println!("{}\n", net.explain("client", server.ipv4())?);
    r2.add_route(subnet, |r| r.via(gateway))?;
    client.ping(server.ipv4())?.assert_lossless();

    println!("The cable between r2 and r3 is cut:");
    net.host("r3").link("eth0").down()?;
    println!("{}", net.explain("client", "server")?);
    Ok(())
}
