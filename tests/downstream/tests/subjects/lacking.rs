//! Bodies that need a program which no machine has.

use std::error::Error;

use netns_test::{netns_test, require_program, Network, TestResult, Topology};

const MISSING: &str = "netns-test-no-such-program";

#[netns_test(topology = Topology::lan(["client", "server"]))]
fn needs_one(net: &Network) -> TestResult {
    require_program(MISSING)?;
    net.host("server").command(MISSING).run()?;
    Ok(())
}

#[netns_test]
fn needs_one_in_a_result_of_ours() -> netns_test::Result<()> {
    require_program(MISSING).map(drop)
}

#[netns_test]
#[should_panic]
fn needs_one_and_should_panic() -> TestResult {
    require_program(MISSING)?;
    panic!("not reached");
}

/// Nobody can tell what is in the box.
#[netns_test]
fn needs_one_in_a_box() -> Result<(), Box<dyn Error>> {
    require_program(MISSING)?;
    Ok(())
}

struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        std::process::abort();
    }
}

std::thread_local! {
    static ABORT: AtExit = const { AtExit };
}

/// The topology is made on the main thread, whose thread-locals are dropped when the process exits.
#[netns_test(topology = ABORT.with(|_| Topology::new()))]
fn needs_one_and_aborts_afterwards() -> TestResult {
    require_program(MISSING)?;
    Ok(())
}

#[netns_test]
fn needs_a_shell() -> TestResult {
    assert!(require_program("sh")?.is_absolute());
    Ok(())
}
