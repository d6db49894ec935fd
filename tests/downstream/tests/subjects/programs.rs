//! Programs and names in hosts.

use std::net::ToSocketAddrs;

use netns_test::{netns_test, Network, TestResult, Topology};

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

#[netns_test(topology = lan())]
fn passes_with_a_program(net: &Network) -> TestResult {
    let server = net.host("server");
    let mut shell = server
        .command("sh")
        .args(["-c", "echo ready; exec sleep 1000"])
        .spawn()?;
    shell.expect_line("ready")?;
    server.command("true").run()?;
    Ok(())
}

#[netns_test(topology = lan())]
fn passes_by_a_name(net: &Network) {
    let found = net
        .host("client")
        .run(|| "server:80".to_socket_addrs().map(Iterator::count));
    assert_eq!(found.unwrap_or_default(), 2);
}
