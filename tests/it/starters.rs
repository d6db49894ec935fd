//! The thread that starts a host's programs: what may be called from it, and what becomes of processes that others own.

use netns_test::{Network, TestResult, Topology, netns_test};

use crate::panic_text;

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// The thread would wait for itself.
#[netns_test(topology = lan())]
fn starts_may_nest(net: &Network) -> TestResult {
    let server = net.host("server");
    let name = server.start(|| server.start(|| server.command("hostname").read()))???;
    assert_eq!(name, "server\n");
    Ok(())
}

/// The thread that starts one host's programs can start no other host's: threads cannot be in two PID namespaces.
#[netns_test(topology = lan())]
fn a_start_may_reach_into_another_host(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let name = server.start(|| client.command("hostname").read())??;
    assert_eq!(name, "client\n");
    Ok(())
}

#[netns_test(topology = lan())]
fn a_start_that_needs_a_thread_is_told_why_there_is_none(net: &Network) {
    let server = net.host("server");
    let expected = "Invalid argument\n  help: a closure in `Host::start` can start processes but no threads: \
        do outside of it what needs one, such as `Host::run`";
    let run = panic_text(|| server.start(|| server.run(|| ())));
    assert_eq!(run, format!("failed to start a thread: {expected}"));
    let task = panic_text(|| server.start(|| server.spawn(|| async {}).join()));
    assert_eq!(
        task,
        format!("failed to start the async runtime of host `server`: {expected}")
    );
}
