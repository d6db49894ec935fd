//! What is there, counted from `/proc`: descriptors, threads, mounts, files, processes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long the kernel may take to end threads and processes and to release namespaces. Reaching it is a failure, so that it can be
/// far beyond what a loaded machine needs.
const LIMIT: Duration = Duration::from_secs(60);

/// Tries until there is a result. For what ends asynchronously and announces it to nobody.
pub(crate) fn eventually<T>(mut attempt: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        match attempt() {
            Ok(value) => return value,
            Err(text) if Instant::now() > deadline => {
                panic!("after {} s still: {text}", LIMIT.as_secs())
            }
            Err(_) => thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// What this process has open and running, and what the machine shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Census {
    descriptors: BTreeSet<String>,
    threads: usize,
    mounts: BTreeSet<String>,
    files: BTreeSet<String>,
}

impl Census {
    /// `files` are the folders in which files might be left.
    pub(crate) fn take(files: &[&Path]) -> Self {
        Self {
            descriptors: descriptors(),
            threads: threads(),
            mounts: mounts(),
            files: files.iter().flat_map(|folder| entries(folder)).collect(),
        }
    }

    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Fails unless everything is as it was, after the moment that a thread may take that nobody joins.
    pub(crate) fn assert_as_before(&self, files: &[&Path]) {
        eventually(|| {
            let now = Self::take(files);
            if now == *self {
                Ok(())
            } else {
                Err(self.differences(&now))
            }
        });
    }
}

impl Census {
    fn differences(&self, now: &Self) -> String {
        let sets = [
            (&self.descriptors, &now.descriptors),
            (&self.mounts, &now.mounts),
            (&self.files, &now.files),
        ];
        let mut text = format!("{} threads, before {}", now.threads, self.threads);
        for (before, now) in sets {
            for gone in before.difference(now) {
                text.push_str(&format!("\n- {gone}"));
            }
            for new in now.difference(before) {
                text.push_str(&format!("\n+ {new}"));
            }
        }
        text
    }
}

/// The number of this process's threads, without those that are about to end: what builds a network or a home is soon done, and
/// nobody waits for its thread.
pub(crate) fn threads() -> usize {
    eventually(|| {
        let names = living_threads();
        if names.iter().any(|name| name == "netns builder") {
            return Err("a network is being built".to_owned());
        }
        Ok(names.len())
    })
}

/// The names of the threads. One that has been joined may still be on its way out of `/proc`: the kernel marks it.
fn living_threads() -> Vec<String> {
    /// `PF_EXITING` among the flags that `stat` shows.
    const EXITING: u32 = 4;
    let name = |path: &String| {
        let stat = fs::read_to_string(format!("{path}/stat")).ok()?;
        // The name is in parentheses and may contain anything; six fields further are the flags.
        let (start, fields) = stat.rsplit_once(") ")?;
        let flags: u32 = fields.split(' ').nth(6)?.parse().ok()?;
        let (_, name) = start.split_once('(')?;
        (flags & EXITING == 0).then(|| name.to_owned())
    };
    let threads = entries(Path::new("/proc/self/task"));
    threads.iter().filter_map(name).collect()
}

/// The open descriptors with what they are, without the one that reads the listing.
pub(crate) fn descriptors() -> BTreeSet<String> {
    let open = fs::read_dir("/proc/self/fd").expect("/proc is mounted");
    open.flatten()
        .filter_map(|entry| {
            let target = fs::read_link(entry.path()).ok()?;
            let number = entry.file_name().into_string().ok()?;
            let is_listing = target
                .to_string_lossy()
                .starts_with(&format!("/proc/{}/fd", std::process::id()));
            (!is_listing).then(|| format!("{number} -> {}", target.display()))
        })
        .collect()
}

/// The mounts of the calling thread at the places where nodes have theirs. Elsewhere others mount and unmount, such as containers.
pub(crate) fn mounts() -> BTreeSet<String> {
    const PLACES: [&str; 9] = [
        "/etc",
        "/proc",
        "/proc/net",
        "/run/avahi-daemon",
        "/run/nscd",
        "/run/systemd/resolve",
        "/sys",
        "/tmp",
        "/var/run/nscd",
    ];
    let mounts = fs::read_to_string("/proc/thread-self/mountinfo").expect("/proc is mounted");
    let is_ours = |mount: &&str| {
        let place = mount.split(' ').nth(4).expect("each mount has a place");
        PLACES.contains(&place) || place.starts_with("/etc/")
    };
    mounts.lines().filter(is_ours).map(str::to_owned).collect()
}

/// The names in a folder; none if there is no such folder.
pub(crate) fn entries(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .flatten()
        .map(|entry| entry.path().display().to_string())
        .collect()
}

/// All processes, by number.
pub(crate) fn processes() -> Vec<i32> {
    let all = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// The processes with this entry in their environment. One that has ended and waits for its parent has none any more.
pub(crate) fn processes_with(entry: &str) -> Vec<i32> {
    let has = |process: &i32| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|known| known == entry.as_bytes())
    };
    processes().into_iter().filter(has).collect()
}

/// The parent of a process that is still there.
pub(crate) fn parent(process: i32) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}

/// The processes that this one started and has not waited for, those that have ended included.
pub(crate) fn children(process: i32) -> Vec<i32> {
    let mut children = processes();
    children.retain(|child| parent(*child) == Some(process));
    children
}

/// What a process is called.
pub(crate) fn name_of(process: i32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}
