//! What a soak does again and again, and what it looks at.

use std::fmt;
use std::fs;
use std::panic::{self, AssertUnwindSafe};

use netns_test::{Network, TestResult, Topology};

/// One network with everything that costs something: two hosts and a switch, a ping, a program that ends and one that does not,
/// a task that ends and one that does not, and a thread in a host. It ends in one of three ways.
pub(crate) fn round(number: usize) -> TestResult {
    let network = Topology::lan(["a", "b"]).build()?;
    occupy(&network)?;
    match number % 3 {
        0 => network.close()?,
        1 => drop(network),
        _ => {
            let ended = panic::catch_unwind(AssertUnwindSafe(move || {
                let _network = network;
                // Without a message, of which there would be many.
                panic::resume_unwind(Box::new(()));
            }));
            assert!(ended.is_err());
        }
    }
    Ok(())
}

fn occupy(network: &Network) -> TestResult {
    let (a, b) = (network.host("a"), network.host("b"));
    assert_eq!(a.ping_with("b", |ping| ping.count(1))?.received(), 1);
    a.command("true").run()?;
    b.command("sleep").arg("1000").spawn()?;
    assert_eq!(a.run_async(|| async { 1 }).join(), 1);
    drop(b.spawn(std::future::pending::<()>));
    assert_eq!(b.run(|| 2), 2);
    Ok(())
}

/// What this process owns, and what the machine has of namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    /// Resident memory, in KiB.
    pub(crate) memory: u64,
    /// Processes whose parent is this one.
    pub(crate) children: usize,
    /// Network namespaces of the whole machine, as far as the kernel tells: it tells root.
    pub(crate) namespaces: Option<u64>,
}

impl Figures {
    pub(crate) fn take() -> Self {
        let entries = |folder: &str| fs::read_dir(folder).map_or(0, Iterator::count);
        Self {
            descriptors: entries("/proc/self/fd"),
            threads: entries("/proc/self/task"),
            memory: memory().unwrap_or_default(),
            children: children(),
            namespaces: namespaces(),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespaces = self
            .namespaces
            .map_or_else(|| "?".to_owned(), |it| it.to_string());
        write!(
            f,
            "{:>11} {:>7} {:>8} {:>10} {namespaces:>18}",
            self.descriptors, self.threads, self.children, self.memory
        )
    }
}

fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn children() -> usize {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    let of = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children"));
    threads
        .flatten()
        .filter_map(|thread| of(thread).ok())
        .map(|children| children.split_whitespace().count())
        .sum()
}

fn namespaces() -> Option<u64> {
    let slabs = fs::read_to_string("/proc/slabinfo").ok()?;
    let line = slabs
        .lines()
        .find_map(|line| line.strip_prefix("net_namespace "))?;
    line.split_whitespace().next()?.parse().ok()
}
