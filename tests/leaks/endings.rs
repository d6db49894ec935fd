//! The ways out of a network: closing names what is left, dropping says nothing, and neither hangs.

use std::panic::{self, AssertUnwindSafe};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use netns_test::{Mistake, TestResult, Topology, netns_test};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serial_test::serial;

use crate::census::{eventually, processes_with};
use crate::suite::Suite;

/// A thread that lives in host `b` until the sender is dropped.
fn stay_in_b(network: &netns_test::Network) -> (mpsc::Sender<()>, thread::JoinHandle<bool>) {
    let (stay, leave) = mpsc::channel::<()>();
    let thread = network.host("b").run(move || {
        thread::Builder::new()
            .name("lodger".to_owned())
            .spawn(move || leave.recv().is_err())
            .expect("one more thread")
    });
    (stay, thread)
}

#[netns_test]
fn closing_names_a_thread_that_is_still_inside() -> TestResult {
    let network = Topology::lan(["a", "b"]).build()?;
    let (stay, lodger) = stay_in_b(&network);
    let text = network.close().expect_err("it is inhabited").to_string();
    assert!(text.starts_with("failed to close the network: "), "{text}");
    assert!(text.contains("a thread still lives in it"), "{text}");
    assert!(text.contains("`lodger` (thread "), "{text}");
    assert!(text.contains("in node `b`"), "{text}");
    drop(stay);
    lodger.join().expect("it does not panic");
    Ok(())
}

#[netns_test]
fn a_thread_that_is_allowed_to_stay_is_no_error() -> TestResult {
    let topology = Topology::lan(["a", "b"]).allow(Mistake::ThreadLeft);
    let network = topology.build()?;
    let (stay, lodger) = stay_in_b(&network);
    network.close()?;
    drop(stay);
    lodger.join().expect("it does not panic");
    Ok(())
}

/// It is waited for, as it has nothing more to do than to leave.
#[netns_test]
fn threads_that_are_just_ending_are_no_error() -> TestResult {
    for _ in 0..20 {
        let network = Topology::lan(["a", "b"]).build()?;
        let lodgers: Vec<_> = (0..8).map(|_| stay_in_b(&network)).collect();
        drop(lodgers);
        network.close()?;
    }
    Ok(())
}

/// A second panic while the first unwinds would abort the process.
#[netns_test]
fn dropping_in_a_panic_goes_on_with_that_panic() -> TestResult {
    for inhabited in [false, true] {
        let network = Topology::lan(["a", "b"]).build()?;
        let lodger = inhabited.then(|| stay_in_b(&network));
        let payload = panic::catch_unwind(AssertUnwindSafe(move || {
            let _network = network;
            panic!("the body's own");
        }))
        .expect_err("it panics");
        assert_eq!(payload.downcast_ref(), Some(&"the body's own"));
        if let Some((stay, thread)) = lodger {
            drop(stay);
            thread.join().expect("it does not panic");
        }
    }
    Ok(())
}

/// A panic in a host, in a host, in a host.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn a_panic_passes_through_nested_hosts(net: &netns_test::Network) {
    let payload = panic::catch_unwind(|| {
        net.host("a").run(|| {
            let _second = Topology::lan(["a", "b"]).build().unwrap();
            net.host("b").run(|| {
                panic!("innermost");
            });
        });
    })
    .expect_err("it panics");
    assert_eq!(payload.downcast_ref(), Some(&"innermost"));
}

/// Asks the next test to leave a program behind, with this value in its environment.
const PROGRAM: &str = "NETNS_TEST_LEAKS_PROGRAM";

#[netns_test]
fn the_body_leaves_a_program() -> TestResult {
    if std::env::var_os(PROGRAM).is_some() {
        Command::new("sleep")
            .arg("600")
            .stdin(Stdio::null())
            .spawn()?;
    }
    Ok(())
}

/// As long as there is no way to start a program *in* a network: one that a body starts by itself and forgets lives on, like after
/// an ordinary test, and keeps the namespace that it was started in. The test passes, and nobody waits for the program.
#[test]
#[serial(suites)]
fn a_program_that_a_body_forgets_lives_on() {
    let value = format!("{}", std::process::id());
    let entry = format!("{PROGRAM}={value}");
    let run = Suite::of("endings::the_body_leaves_a_program", 1)
        .exact()
        .env(PROGRAM, value)
        .start();
    let left = eventually(|| match processes_with(&entry)[..] {
        [program] if program != run.id() && is_sleep(program) => Ok(program),
        ref others => Err(format!(
            "processes {others:?} are left, which are no `sleep`"
        )),
    });
    kill(Pid::from_raw(left), Signal::SIGKILL).expect("it is ours");
    run.ended().assert_passed();
}

fn is_sleep(process: i32) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm"));
    name.is_ok_and(|name| name.trim() == "sleep")
}
