//! Tests that pass, fail, crash and hang on purpose, in a crate as users have it.
//!
//! `tests/libtest` and `tests/refused.rs` of the workspace's root run this program and judge what it says; it does not make
//! sense on its own. It forbids unsafe code, so that it would not compile if the attribute brought any along.
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]

mod endings;
mod identity;
mod lacking;
mod ordinary;
mod others;
mod outcomes;
mod output;
mod panics;
mod parallel;
mod programs;
mod requiring;
mod servers;
mod surroundings;
mod variants;
