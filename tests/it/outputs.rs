//! What programs print: kept as it was, up to the last word, whoever keeps their streams open.

use std::time::Duration;

use netns_test::{Network, TestResult, Topology, netns_test};

use crate::shell;

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// What it prints is read by others.
#[netns_test(topology = lan())]
fn a_long_line_stays_one(net: &Network) -> TestResult {
    let script = "head -c 10000 /dev/zero | tr '\\0' x; echo; printf 'no end'";
    let mut shell = shell(net, script)?;
    shell.wait()?;
    assert_eq!(
        shell.stdout_text(),
        format!("{}\nno end", "x".repeat(10_000))
    );
    Ok(())
}

/// The daemon is no reason to wait, and the last words of the program itself are there.
#[netns_test(topology = lan())]
fn a_daemon_that_keeps_the_streams_open_is_not_waited_for(net: &Network) -> TestResult {
    let mut shell = shell(net, "sleep 1000 & seq 1 10000")?;
    assert!(shell.wait()?.success());
    assert!(shell.stdout_text().ends_with("\n10000\n"));
    let error = shell
        .expect_line_within(Duration::ZERO, "no such line")
        .expect_err("there is none");
    assert!(error.is_timed_out(), "the daemon may print it yet: {error}");
    Ok(())
}

#[netns_test(topology = lan())]
fn lines_that_are_gone_are_told(net: &Network) -> TestResult {
    let mut shell = shell(net, "echo ready; seq 1 3000; echo over; exec sleep 1000")?;
    let everything = || shell.stdout_text().ends_with("over\n");
    netns_test::eventually(Duration::from_secs(10), everything)?;
    let error = shell
        .expect_line_within(Duration::ZERO, "ready")
        .expect_err("it is gone");
    let text = error.to_string();
    assert!(
        text.ends_with("\n  help: it has printed more than is kept, and 1002 lines are gone: expect the line sooner"),
        "{text}"
    );
    assert_eq!(shell.expect_line("over")?, "over");
    Ok(())
}
