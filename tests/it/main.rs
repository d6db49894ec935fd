//! What users do, on real networks.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod acquainted;
mod barriers;
mod black_holes;
mod blame;
mod blame_filters;
mod blame_trouble;
mod bodies;
mod chains;
mod commands;
mod cuts;
#[cfg(feature = "dns")]
mod dns;
#[cfg(feature = "dns")]
mod dns_names;
#[cfg(feature = "dns")]
mod dns_servers;
mod docker_bridges;
mod executors;
mod families;
mod fates;
mod features;
mod firewalls;
mod graphs;
mod guards;
mod hosts;
mod kernel_backend;
mod labs;
mod live;
mod many_links;
mod measures;
mod mistakes;
mod names;
mod nat;
mod nat_kinds;
mod nodes_crashed;
mod nodes_paused;
mod nodes_restarted;
mod outputs;
mod owners;
mod packet_edits;
mod packet_rules;
mod partitions;
mod path_mtus;
mod paths;
mod pings;
mod policy;
mod programs;
mod rate_traces;
mod readiness;
mod ready;
mod routers;
mod routes;
mod rule_sets;
mod rules_and_recordings;
mod schedules;
mod searches;
mod segments;
mod settings;
mod shared;
mod slaac;
mod starters;
mod states;
mod stun;
mod tasks;
mod traces;
mod unruly;
mod wire_engine;
mod wires;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use netns_test::{Network, Ping, Process, Result};

/// The message of the panic that `body` must end in.
fn panic_text<T>(body: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(_) => panic!("it should have panicked"),
        Err(payload) => message(&*payload),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .expect("a panic's message is a text")
}

/// One request with time enough on a busy machine: only an answer is waited for.
fn once(ping: Ping) -> Ping {
    ping.count(1).timeout(Duration::from_secs(20))
}

/// What a limit is here: slow machines are given more by `NETNS_TEST_TIME_SCALE`.
fn scaled(limit: Duration) -> Duration {
    let scale = std::env::var("NETNS_TEST_TIME_SCALE");
    let scale = scale.ok().filter(|scale| !scale.is_empty());
    limit.mul_f64(scale.map_or(1.0, |scale| scale.parse().unwrap()))
}

/// The same as errors tell it.
fn seconds(limit: Duration) -> String {
    let limit = scaled(limit);
    if limit.subsec_millis() == 0 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{:.3} s", limit.as_secs_f64())
    }
}

/// A script that runs in host `client`.
fn shell<'net>(net: &'net Network, script: &str) -> Result<Process<'net>> {
    net.host("client")
        .command("sh")
        .args(["-c", script])
        .spawn()
}
