//! Bodies that end their process, or do not end at all.

use std::hint::black_box;

use netns_test::{netns_test, Network, TestResult, Topology};
use nix::sys::signal::{raise, Signal};

#[netns_test]
fn aborts() {
    std::process::abort();
}

#[netns_test]
fn exits_with_0() {
    std::process::exit(0);
}

#[netns_test]
fn exits_with_3() {
    std::process::exit(3);
}

#[netns_test]
fn overflows_its_stack() {
    fn deeper(depth: u64) -> u64 {
        let frame = black_box([depth; 64]);
        if depth == u64::MAX {
            return 0;
        }
        black_box(deeper(depth + 1)) + frame[0]
    }
    black_box(deeper(0));
}

#[netns_test]
fn segfaults() {
    // The standard library's handler takes the first for a stack overflow that is none, and stands aside for the second.
    loop {
        raise(Signal::SIGSEGV).unwrap();
    }
}

#[netns_test]
fn is_killed() {
    raise(Signal::SIGKILL).unwrap();
}

#[netns_test(topology = Topology::lan(["left", "right"]), timeout = 1)]
fn never_ends() {
    println!("about to wait");
    loop {
        std::thread::park();
    }
}

/// A daemon keeps the output of the program open.
#[netns_test(topology = Topology::lan(["left", "right"]), timeout = 1)]
fn never_hears_a_program_out(net: &Network) -> TestResult {
    let script = "echo about to daemonize; sleep 1000 &";
    net.host("left")
        .command("sh")
        .args(["-c", script])
        .run()
        .map_err(Into::into)
}

#[netns_test]
#[ignore = "its deadline is the default one"]
fn never_ends_by_default() {
    loop {
        std::thread::park();
    }
}

#[netns_test(timeout = 1)]
fn never_stops_working() {
    loop {
        std::hint::spin_loop();
    }
}

#[netns_test(topology = endless_topology(), timeout = 1)]
fn never_begins() {}

fn endless_topology() -> Topology {
    loop {
        std::thread::park();
    }
}

/// What happens when the process exits, after the test has passed.
struct AtExit(fn());

impl Drop for AtExit {
    fn drop(&mut self) {
        (self.0)();
    }
}

thread_local! {
    static ABORT: AtExit = const { AtExit(|| std::process::abort()) };
    static HANG: AtExit = const { AtExit(hang) };
}

fn hang() {
    loop {
        std::thread::park();
    }
}

/// The topology is made on the thread that libtest calls: the main one, whose thread-locals are dropped when the process exits.
#[netns_test(topology = ABORT.with(|_| Topology::new()))]
fn aborts_after_the_test() {}

#[netns_test(topology = HANG.with(|_| Topology::new()), timeout = 1)]
fn never_exits() {}

#[netns_test]
fn passes_beside_them() {}
