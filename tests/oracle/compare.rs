//! Builds a topology in both ways and compares.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use netns_test::{Host, Network, Topology};

use crate::reader::{COMMANDS, Output, lines};
use crate::scratch::Scratch;

/// The kernel notices in its own time that a cable has two ends; `realistic` addresses are tentative for two seconds.
const LIMIT: Duration = Duration::from_secs(20);

/// What `sh` says to a command inside a live host.
pub(crate) fn in_host(host: Host<'_>, command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    let output = host.run(|| Command::new(words[0]).args(&words[1..]).output());
    let output = output.unwrap_or_else(|error| panic!("`{command}` is needed: {error}"));
    assert!(
        output.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Builds the topology, runs its plan's script, and compares every node that people know of.
pub(crate) fn assert_same(topology: &Topology) {
    let network = topology.build().unwrap();
    let script = network.plan().to_string();
    let mut scratch = Scratch::new();
    scratch.run(&script);
    for host in everybody(&network) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let (live, typed) = (seen_live(host), seen_in_scratch(&mut scratch, host.name()));
            if live == typed {
                break;
            }
            // Looking again is how time passes here: each look takes the programs some milliseconds.
            if Instant::now() > deadline {
                let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> String {
                    a.difference(b).map(|line| format!("\n  {line}")).collect()
                };
                panic!(
                    "node `{}` is not what its script makes\nonly live:{}\nonly by the script:{}\n{script}",
                    host.name(),
                    only(&live, &typed),
                    only(&typed, &live),
                );
            }
        }
    }
    network.close().unwrap();
}

pub(crate) fn everybody(network: &Network) -> impl Iterator<Item = Host<'_>> {
    std::iter::once(network.root()).chain(network.hosts())
}

fn seen_live(host: Host<'_>) -> BTreeSet<String> {
    lines(&Output::of(COMMANDS.map(|command| in_host(host, command))))
}

fn seen_in_scratch(scratch: &mut Scratch, node: &str) -> BTreeSet<String> {
    let output = COMMANDS.map(|command| match node {
        "root" => scratch.must(command),
        node => scratch.must(&command.replacen("ip ", &format!("ip -netns {node} "), 1)),
    });
    lines(&Output::of(output))
}
