//! What a user sees of the harness under `cargo test` and `cargo nextest run`: the tests of a downstream project are run as
//! programs of their own, and what they say is judged here, from outside.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what cannot go on fails the test"
)]

#[path = "../subjects/mod.rs"]
mod subjects;

mod run;

// --- what the run as a whole says ---
mod nextest;
mod variants;
mod verdicts;
// --- what stands under a test's heading ---
mod deadlines;
mod endings;
mod failures;
mod hold;
mod lacking;
mod output;
mod seeds;
mod tasks;
// --- who else is there ---
mod neighbours;
mod others;
mod settings;
