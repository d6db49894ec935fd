//! The thread that starts a host's programs: what may be called from it, and what becomes of processes that others own.

use std::process::Stdio;
use std::time::{Duration, Instant};

use netns_test::{Network, TestResult, Topology, eventually, netns_test};

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

/// A child that was dropped without having been waited for stays a zombie: nobody knows whether its owner has.
#[netns_test]
fn a_child_that_nobody_waits_for_does_not_delay_the_end() -> TestResult {
    let close = || -> TestResult<Duration> {
        let network = lan().build()?;
        let started = network
            .host("server")
            .start(|| std::process::Command::new("sleep").arg("1000").spawn())?;
        drop(started?);
        let began = Instant::now();
        network.close()?;
        Ok(began.elapsed())
    };
    // Waiting for it takes two seconds each time, a busy machine now and then.
    let mut took = Vec::new();
    while took.iter().all(|time| *time >= Duration::from_secs(1)) {
        assert!(took.len() < 5, "{took:?}");
        took.push(close()?);
    }
    Ok(())
}

/// Otherwise a test that starts many meets the limit of processes.
#[netns_test(topology = lan())]
fn programs_that_have_ended_are_not_kept(net: &Network) -> TestResult {
    let server = net.host("server");
    for _ in 0..5 {
        drop(server.command("true").spawn()?);
    }
    eventually(Duration::from_secs(10), || {
        drop(server.command("true").spawn());
        let list = server.command("ps").args(["-eo", "stat,comm"]).read();
        list.is_ok_and(|list| list.lines().filter(|it| it.starts_with('Z')).count() <= 1)
    })?;
    Ok(())
}

/// The first process of a host is a copy of the test's, handlers included: the runtime's own for a stack that overflows, at least.
#[netns_test(topology = lan())]
fn no_handler_of_the_tests_runs_in_the_first_process(net: &Network) -> TestResult {
    let server = net.host("server");
    let status = server
        .command("grep")
        .args(["^Sig", "/proc/1/status"])
        .read()?;
    let mask = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        // The C library keeps the first two of the real-time signals for itself.
        u64::from_str_radix(line.unwrap().trim(), 16).unwrap() & 0x7fff_ffff
    };
    let (caught, blocked) = (mask("SigCgt:"), mask("SigBlk:"));
    assert_ne!(caught, 0, "{status}");
    assert_eq!(caught & !blocked, 0, "{status}");
    let own = server
        .command("grep")
        .args(["^SigBlk", "/proc/self/status"])
        .read()?;
    assert_eq!(own, "SigBlk:\t0000000000000000\n");
    Ok(())
}

/// Closing ends programs even if a thread goes on that could start others.
#[netns_test]
fn a_network_that_is_dropped_takes_its_programs_from_threads_that_stay() -> TestResult {
    let network = lan().build()?;
    let mut cat = network.host("server").start(|| {
        std::process::Command::new("cat")
            .stdin(Stdio::piped())
            .spawn()
    })??;
    let (begun, begins) = std::sync::mpsc::channel();
    let (over, is_over) = std::sync::mpsc::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel();
    drop(network.host("client").spawn(move || async move {
        let current = netns_test::current();
        begun.send(()).unwrap();
        is_over.recv().unwrap();
        tell.send(current.host("server").command("true").run())
            .unwrap();
    }));
    begins.recv()?;
    drop(network);
    assert!(cat.wait()?.code().is_none(), "it was killed");
    over.send(())?;
    assert_eq!(
        told.recv()?.unwrap_err().to_string(),
        "failed to start programs in node `server`: the network is closed"
    );
    Ok(())
}
