//! What it costs to do something in a host, beside the same thing done anywhere.
//!
//! ```sh
//! cargo bench --bench calls
//! cargo bench --bench calls -- --quick
//! ```
//!
//! Library and floor take turns in one process; the ratio of their medians is what can be compared between machines.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints what it measured, and stops where it cannot"
)]

use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use netns_test::{Network, Topology};

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    // Before the network: this thread has to be the only one.
    let network = Topology::lan(["a", "b"]).build().unwrap();
    network
        .root()
        .run(|| measure(&network, if quick { 50 } else { 1000 }));
    network.close().unwrap();
}

fn measure(net: &Network, samples: usize) {
    println!(
        "{:<34} {:>10} {:>10} {:>6}  floor",
        "", "library", "floor", "ratio"
    );
    let a = net.host("a");
    first("first run in a host: its home", || a.run(|| ()));
    compare(
        samples,
        "run",
        "a scoped thread",
        || a.run(|| ()),
        || {
            thread::scope(|scope| scope.spawn(|| ()).join().unwrap());
        },
    );
    first("first task: its runtime", || {
        a.run_async(|| async {}).join()
    });
    let (jobs, results) = standing_thread();
    compare(
        samples,
        "run_async, joined",
        "a channel to a standing thread and back",
        || a.run_async(|| async {}).join(),
        || {
            jobs.send(()).unwrap();
            results.recv().unwrap();
        },
    );
    first("first program: its family", || {
        drop(a.command("true").status())
    });
    compare(
        samples / 10,
        "command(\"true\").status()",
        "fork, exec and wait by std",
        || assert!(a.command("true").status().unwrap().success()),
        || assert!(quiet("true").status().unwrap().success()),
    );
    compare(
        samples / 10,
        "command(\"true\").output()",
        "the same by std",
        || assert!(a.command("true").output().unwrap().status.success()),
        || assert!(quiet("true").output().unwrap().status.success()),
    );
}

/// A thread that answers.
fn standing_thread() -> (mpsc::Sender<()>, mpsc::Receiver<()>) {
    let (jobs, waiting) = mpsc::channel();
    let (answer, answers) = mpsc::channel();
    thread::spawn(move || {
        for job in waiting {
            if answer.send(job).is_err() {
                break;
            }
        }
    });
    (jobs, answers)
}

fn quiet(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

fn first(what: &str, body: impl FnOnce()) {
    println!("{what:<34} {:>10}", shown(time(body)));
}

fn compare(
    samples: usize,
    what: &str,
    floor_is: &str,
    mut library: impl FnMut(),
    mut floor: impl FnMut(),
) {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..samples {
        // Whoever comes second may find warmer caches: it is not always the same one.
        for turn in [round % 2, 1 - round % 2] {
            times[turn].push(if turn == 0 {
                time(&mut library)
            } else {
                time(&mut floor)
            });
        }
    }
    let [library, floor] = times.map(median);
    println!(
        "{what:<34} {:>10} {:>10} {:>6.2}  {floor_is}",
        shown(library),
        shown(floor),
        library.as_secs_f64() / floor.as_secs_f64()
    );
}

fn time(body: impl FnOnce()) -> Duration {
    let start = Instant::now();
    body();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn shown(time: Duration) -> String {
    format!("{:.0} us", time.as_secs_f64() * 1e6)
}
