//! What it costs that every test has a process of its own.
//!
//! The case is run by what `#[netns_test]` expands to, so that the measured path is the real one: this program is started again, enters,
//! builds an empty network, runs an empty body on a thread of its own in it, tells the outcome and ends. Beside it the same network
//! and body, called here. What a bench cannot show is libtest in the child: it parses its command line and finds the test by name, and
//! a test binary is usually larger than this one.

use std::io;
use std::time::{Duration, Instant};

use netns_test::__private::{Case, Ending, ShouldPanic, run};
use netns_test::{Network, Topology};

use crate::drain::Drain;
use crate::sample;
use crate::table::{median, milliseconds};

/// The name that the child is called with; it stands for a test's path.
pub(crate) const NAME: &str = "empty_test";

const CASE: Case = Case {
    name: "network::empty_test",
    file: file!(),
    line: line!(),
    should_panic: ShouldPanic::No,
    inside: None,
    timeout: None,
    requires: &[],
};

/// Runs the case: in the process that people started this starts the child, in the child it runs the body.
pub(crate) fn run_case() {
    run(&CASE, Topology::new, |_: &Network| Ending::Passed);
}

/// Measures and prints.
pub(crate) fn measure(samples: usize, drain: &mut Drain) -> io::Result<()> {
    let mut with = Vec::new();
    let mut without = Vec::new();
    for _ in 0..samples {
        with.push(time(run_case));
        drain.wait()?;
        without.push(in_process()?);
        drain.wait()?;
    }
    let [with, without] = [with, without].map(|times| median(times.into_iter()));
    println!("\na test on an empty network, of which there were {samples}");
    println!("in a process of its own   {}", milliseconds(with));
    println!("called in-process         {}", milliseconds(without));
    println!(
        "the process               {}",
        milliseconds(with.saturating_sub(without))
    );
    Ok(())
}

/// The same without the process: in one that has entered and does nothing else.
fn in_process() -> io::Result<Duration> {
    let output = sample::command(&["in-process"])?.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let nanoseconds = text.trim().parse().map_err(io::Error::other)?;
    Ok(Duration::from_nanos(nanoseconds))
}

/// What that one does.
pub(crate) fn call() -> io::Result<()> {
    let start = Instant::now();
    netns_test::run(&Topology::new(), |_| ()).map_err(io::Error::other)?;
    println!("{}", start.elapsed().as_nanos());
    Ok(())
}

fn time(what: impl FnOnce()) -> Duration {
    let start = Instant::now();
    what();
    start.elapsed()
}
