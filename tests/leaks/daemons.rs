//! Programs die with the network they were started in, however far they have gone and however the test ends.

use std::path::PathBuf;

use netns_test::{Network, TestResult, Topology, netns_test};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serial_test::serial;

use crate::census::{Census, eventually, name_of, processes_with};
use crate::suite::Suite;

/// Says how the next test ends. Its daemons inherit it.
const END: &str = "NETNS_TEST_LEAKS_END";
/// Where it says that its daemons run.
const TOLD: &str = "NETNS_TEST_LEAKS_TOLD";

/// A shell that leaves a daemon behind, as daemons do it: two forks, a session of its own, no streams of ours.
const DAEMON: &str =
    "(setsid sh -c 'sleep 1000 & sleep 1000' </dev/null >/dev/null 2>&1 &) ; echo started";

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn the_body_leaves_daemons(net: &Network) -> TestResult {
    let Some(end) = std::env::var_os(END) else {
        return Ok(());
    };
    for host in net.hosts().chain([net.root()]) {
        let started = host.command("sh").args(["-c", DAEMON]).read()?;
        assert_eq!(started, "started\n");
        host.command("sleep").arg("1000").spawn()?;
    }
    // Two of each shell, and one more.
    let entry = format!("{END}={}", end.display());
    eventually(|| match sleepers(&entry).len() {
        9 => Ok(()),
        other => Err(format!("{other} programs run")),
    });
    match end.to_string_lossy().split('-').next() {
        Some("return") => Ok(()),
        Some("panic") => panic!("as asked"),
        Some("exit") => std::process::exit(3),
        Some("abort") => std::process::abort(),
        _ => {
            let told = std::env::var_os(TOLD).expect("it is set with the other");
            std::fs::write(told, "")?;
            loop {
                std::thread::park();
            }
        }
    }
}

fn sleepers(entry: &str) -> Vec<i32> {
    let mut found = processes_with(entry);
    found.retain(|process| name_of(*process).as_deref() == Some("sleep"));
    found
}

/// `Suite` itself fails if any process of the run is left.
fn ended_by(how: &str) -> crate::suite::Ended {
    let value = format!("{how}-{}", std::process::id());
    let told = std::env::temp_dir().join(format!("netns-test-daemons-{value}"));
    let run = Suite::of("daemons::the_body_leaves_daemons", 1)
        .exact()
        .env(END, &value)
        .env(TOLD, &told)
        .start();
    if how.starts_with("kill") {
        wait_for(&told);
        match how {
            "killtest" => {
                for test in run.tests() {
                    kill(Pid::from_raw(test), Signal::SIGKILL).expect("it runs");
                }
            }
            _ => run.kill(),
        }
    }
    let ended = run.ended();
    let entry = format!("{END}={value}");
    assert_eq!(processes_with(&entry), [0; 0], "programs are left");
    ended
}

fn wait_for(file: &PathBuf) {
    eventually(|| match std::fs::remove_file(file) {
        Ok(()) => Ok(()),
        Err(cause) => Err(format!("the daemons do not run: {cause}")),
    });
}

#[test]
#[serial(suites)]
fn daemons_end_when_the_body_returns() {
    ended_by("return").assert_passed();
}

#[test]
#[serial(suites)]
fn daemons_end_when_the_body_panics() {
    assert_eq!(ended_by("panic").count("failed"), 1);
}

#[test]
#[serial(suites)]
fn daemons_end_when_the_process_exits_or_aborts() {
    assert_eq!(ended_by("exit").count("failed"), 1);
    assert_eq!(ended_by("abort").count("failed"), 1);
}

#[test]
#[serial(suites)]
fn daemons_end_when_the_tests_process_is_killed() {
    assert_eq!(ended_by("killtest").count("failed"), 1);
}

#[test]
#[serial(suites)]
fn daemons_end_when_the_program_is_killed() {
    assert!(!ended_by("killall").status.success());
}

/// A listener that the test has dropped is gone, whatever was started while it was open.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn programs_hold_no_descriptor_of_the_tests(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let listener = b.run(|| std::net::TcpListener::bind("0.0.0.0:80"))?;
    let _sleep = b.command("sleep").arg("1000").spawn()?;
    drop(listener);
    let refused = a.run(|| std::net::TcpStream::connect(b.socket_addr(80)));
    assert_eq!(
        refused.expect_err("nobody listens").kind(),
        std::io::ErrorKind::ConnectionRefused
    );
    Ok(())
}

/// Many networks in one process, each with programs: what they cost is given back.
#[netns_test]
fn a_network_takes_its_programs_along() -> TestResult {
    let before = Census::take(&[]);
    for _ in 0..20 {
        let network = Topology::lan(["a", "b"]).build()?;
        for host in network.hosts() {
            host.command("sleep").arg("1000").spawn()?;
        }
        let daemons = network
            .host("a")
            .command("sh")
            .args(["-c", DAEMON])
            .read()?;
        assert_eq!(daemons, "started\n");
        network.close()?;
    }
    eventually(
        || match crate::census::children(std::process::id() as i32) {
            left if left.is_empty() => Ok(()),
            left => Err(format!("processes {left:?} are left")),
        },
    );
    // The threads that have heard the programs out close what they listened to.
    before.assert_as_before(&[]);
    Ok(())
}
