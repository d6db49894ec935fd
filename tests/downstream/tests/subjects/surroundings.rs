//! What the program that runs these tests tells them.

use std::path::PathBuf;

/// An environment variable that `tests/subjects/mod.rs` at the root sets.
pub fn expected(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `cargo test --test libtest` runs these tests")
    })
}

/// A directory of this run's own.
pub fn scratch() -> PathBuf {
    PathBuf::from(expected("DOWNSTREAM_SCRATCH"))
}

/// The lines of `/proc/self/status` with these keys, as `Key: value` with single spaces.
pub fn status(keys: &[&str]) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let lines = status
        .lines()
        .filter(|line| keys.iter().any(|key| line.split(':').next() == Some(key)));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("; ")
}

/// The identity of one of the calling thread's namespaces, such as `net:[4026531840]`.
pub fn namespace(kind: &str) -> String {
    let link = std::fs::read_link(format!("/proc/thread-self/ns/{kind}")).unwrap();
    link.to_str().unwrap().to_owned()
}
