//! Nothing outlives a test: no namespace, process, thread, descriptor, mount or file, whatever ended it. And nothing of the
//! machine's own network changes.
//!
//! Most of these tests run this program again, with a filter: the process is the subject.
#![cfg(target_os = "linux")]

mod census;
mod suite;
#[path = "../../benches/soak/work.rs"]
mod work;
mod world;

mod at_once;
mod counted;
mod crowd;
mod daemons;
mod endings;
mod killed;
mod large;
mod limits;
mod owned;
mod runtimes;
mod services;
mod soak;
mod together;
mod untouched;
mod victims;
