//! One measurement in a process of its own.
//!
//! The process builds one network, pings once, closes it, prints the three times and ends, as the process of a test does. Nothing was
//! warmed up, for the library as little as for the floor.

use std::fmt;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::bytes::Script;
use crate::case::Case;
use crate::floor::{self, Floor};

/// Who builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builder {
    Library,
    Floor,
}

/// What one network took: to build, to the first reply, to close.
pub(crate) type Times = [Duration; 3];

/// This program again, in the network namespaces of nobody else. An ordinary user's process enters a user namespace before `main`.
pub(crate) fn command(arguments: &[&str]) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(arguments)
        .env("NETNS_TEST_ISOLATION", "thread");
    Ok(command)
}

/// Measures in a process of its own.
pub(crate) fn take(builder: Builder, case: &Case) -> io::Result<Times> {
    let output = command(&["sample", &builder.to_string(), case.name])?
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<Duration> = text
        .split_whitespace()
        .filter_map(|number| number.parse().ok().map(Duration::from_nanos))
        .collect();
    numbers.try_into().map_err(|_| {
        io::Error::other(format!(
            "the {builder} failed at {}: {}",
            case.name, output.status
        ))
    })
}

/// What the process of a sample does.
pub(crate) fn sample(builder: Builder, case: &Case) -> io::Result<()> {
    let [build, ping, close] = match builder {
        Builder::Library => of_library(case).map_err(io::Error::other)?,
        Builder::Floor => of_floor(case)?,
    };
    println!(
        "{} {} {}",
        build.as_nanos(),
        ping.as_nanos(),
        close.as_nanos()
    );
    Ok(())
}

fn of_library(case: &Case) -> netns_test::Result<Times> {
    let topology = case.topology();
    let [a, b, c, d] = case.target();
    let target = format!("{a}.{b}.{c}.{d}");
    let start = Instant::now();
    let network = topology.build()?;
    let build = start.elapsed();
    let start = Instant::now();
    let report = network
        .host("ns1")
        .ping_with(&target, |ping| ping.count(1))?;
    let ping = start.elapsed();
    report.assert_lossless();
    let start = Instant::now();
    network.close()?;
    Ok([build, ping, start.elapsed()])
}

fn of_floor(case: &Case) -> io::Result<Times> {
    floor::make_room()?;
    let groups = ping_groups()?;
    let mut script = Script::of(case);
    let start = Instant::now();
    let network = Floor::build(&mut script, &groups)?;
    let build = start.elapsed();
    let start = Instant::now();
    network.ping(case.target())?;
    let ping = start.elapsed();
    let start = Instant::now();
    drop(network);
    Ok([build, ping, start.elapsed()])
}

/// Starts a process that builds and drops networks for a while.
pub(crate) fn start_dropping(
    builder: Builder,
    case: &Case,
    duration: Duration,
) -> io::Result<Child> {
    let milliseconds = duration.as_millis().to_string();
    command(&["drop", &builder.to_string(), case.name, &milliseconds])?
        .stdout(Stdio::piped())
        .spawn()
}

/// What such a process does. It prints how many networks there were.
pub(crate) fn keep_dropping(builder: Builder, case: &Case, duration: Duration) -> io::Result<()> {
    let groups = ping_groups()?;
    let (topology, mut script) = (case.topology(), Script::of(case));
    let start = Instant::now();
    let mut networks = 0;
    while start.elapsed() < duration {
        match builder {
            Builder::Library => drop(topology.build().map_err(io::Error::other)?),
            Builder::Floor => drop(Floor::build(&mut script, &groups)?),
        }
        networks += 1;
    }
    println!("{networks}");
    Ok(())
}

/// All groups that exist here, as `ping_group_range` takes them.
fn ping_groups() -> io::Result<Vec<u8>> {
    let map = std::fs::read_to_string("/proc/self/gid_map")?;
    let mut fields = map
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0_u64));
    let (first, count) = (fields.next().unwrap_or(0), fields.nth(1).unwrap_or(1));
    let last = (first + count - 1).min(i32::MAX as u64);
    Ok(format!("{first}\t{last}").into_bytes())
}

impl Builder {
    pub(crate) const BOTH: [Self; 2] = [Self::Library, Self::Floor];

    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::BOTH
            .into_iter()
            .find(|builder| builder.to_string() == name)
    }
}

impl fmt::Display for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Library => "library",
            Self::Floor => "floor",
        })
    }
}
