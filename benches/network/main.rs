//! What a network costs, beside what the kernel charges for it.
//!
//! ```sh
//! cargo bench --bench network              # five minutes
//! cargo bench --bench network -- --quick   # half a minute, for CI
//! cargo bench --bench network -- lab-a     # one case
//! ```
//!
//! Every figure of the library stands beside a **floor**: the same requests to the kernel, prepared as bytes and sent with bare system
//! calls ([`floor`]). Machines differ and are rarely idle; the ratio of two medians from one run, sample by sample in turns, is what can
//! be compared.
//!
//! Each sample is taken in a process of its own ([`sample`]), and the next one begins when the kernel has taken the networks of the last
//! one apart ([`drain`]): it does that under the lock that a build needs, long after the process has gone.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod bytes;
mod case;
mod drain;
mod floor;
mod process;
mod sample;
mod table;

use std::io::{self, Read};
use std::time::{Duration, Instant};

use case::{CASES, Case};
use drain::Drain;
use sample::Builder;
use table::Row;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["drain"] => drain::help(),
        ["sample", builder, case] => {
            let (builder, case) = parse(builder, case)?;
            sample::sample(builder, case)
        }
        ["drop", builder, case, milliseconds] => {
            let (builder, case) = parse(builder, case)?;
            let duration = milliseconds.parse().map_err(io::Error::other)?;
            sample::keep_dropping(builder, case, Duration::from_millis(duration))
        }
        ["in-process"] => process::call(),
        [process::NAME, ..] => {
            process::run_case();
            Ok(())
        }
        ref options => measure(options),
    }
}

fn parse(builder: &str, case: &str) -> io::Result<(Builder, &'static Case)> {
    let unknown = || io::Error::other(format!("there is no {builder} or no {case}"));
    let builder = Builder::find(builder).ok_or_else(unknown)?;
    Ok((builder, Case::find(case).ok_or_else(unknown)?))
}

/// What people start.
fn measure(options: &[&str]) -> io::Result<()> {
    let quick = options.contains(&"--quick");
    let wanted: Vec<&&str> = options
        .iter()
        .filter(|option| !option.starts_with('-'))
        .collect();
    let is_wanted =
        |name: &str| wanted.is_empty() || wanted.iter().any(|text| name.contains(**text));
    let mut drain = Drain::start()?;
    let mut rows = Vec::new();
    for case in CASES.iter().filter(|case| is_wanted(case.name)) {
        let samples = case.samples[usize::from(quick)];
        if samples > 0 {
            rows.push(compare(case, samples, &mut drain)?);
        }
    }
    table::print(&rows);
    if is_wanted("drop") {
        let duration = Duration::from_millis(if quick { 300 } else { 2000 });
        drop_rates(duration, &mut drain)?;
    }
    if is_wanted("process") {
        process::measure(if quick { 5 } else { 31 }, &mut drain)?;
    }
    drain.stop()
}

/// Samples of library and floor in turns.
fn compare(case: &'static Case, samples: usize, drain: &mut Drain) -> io::Result<Row> {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..samples {
        // Whoever comes second may find the machine in another state: it is not always the same one.
        for turn in [round % 2, 1 - round % 2] {
            drain.wait()?;
            times[turn].push(sample::take(Builder::BOTH[turn], case)?);
        }
    }
    drain.wait()?;
    Ok(Row { case, times })
}

/// Networks built and dropped in a second, teardown included, by processes that do nothing else.
fn drop_rates(duration: Duration, drain: &mut Drain) -> io::Result<()> {
    println!(
        "\n{:<12} {:>9}  {:>12} {:>12} {:>6}",
        "build + drop", "processes", "library", "floor", "ratio"
    );
    for name in ["lab-a", "lan-2"] {
        for processes in [1, 2, 4] {
            let mut rates = [0.0; 2];
            for (rate, builder) in rates.iter_mut().zip(Builder::BOTH) {
                *rate = drop_rate(builder, name, processes, duration, drain)?;
            }
            let [library, floor] = rates;
            println!(
                "{name:<12} {processes:>9}  {library:>10.1}/s {floor:>10.1}/s {:>6.2}",
                library / floor
            );
        }
    }
    Ok(())
}

fn drop_rate(
    builder: Builder,
    name: &str,
    processes: usize,
    duration: Duration,
    drain: &mut Drain,
) -> io::Result<f64> {
    let (_, case) = parse(&builder.to_string(), name)?;
    let start = Instant::now();
    let running: io::Result<Vec<_>> = (0..processes)
        .map(|_| sample::start_dropping(builder, case, duration))
        .collect();
    let mut networks = 0;
    for mut process in running? {
        let mut text = String::new();
        if let Some(mut output) = process.stdout.take() {
            output.read_to_string(&mut text)?;
        }
        process.wait()?;
        networks += text.trim().parse::<u32>().map_err(io::Error::other)?;
    }
    // What has been closed and not yet taken apart is not done.
    drain.wait()?;
    Ok(f64::from(networks) / start.elapsed().as_secs_f64())
}
