//! Keeps a network for people to look at.

use std::sync::Arc;

use crate::console;
use crate::live::{Home, Parts};
use crate::network::Network;
use crate::sys::bootstrap::{self, Entered};
use crate::sys::{Descriptor, process};

impl Network {
    /// Prints how to enter each node from another terminal, and waits until people press Enter.
    ///
    /// Without a terminal, at the end of standard input, it waits until the process is told to end. `NETNS_TEST_ON_FAIL=hold` does the
    /// same for a `#[netns_test]` that failed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let network = netns_test::Topology::lan(["a", "b"]).build()?;
    /// network.keep();
    /// # Ok::<(), netns_test::Error>(())
    /// ```
    pub fn keep(self) {
        hold(self.parts(), |text| {
            console::say(text);
            console::wait_for_enter();
        });
    }
}

/// Shows the way into each node, and keeps the ways open while `wait` runs.
pub(crate) fn hold(parts: &Arc<Parts>, wait: impl FnOnce(&str)) {
    let process = std::process::id();
    let user = match bootstrap::entered() {
        Entered::UserNamespace => format!("--user=/proc/{process}/ns/user --preserve-credentials "),
        _ => String::new(),
    };
    let mut text =
        String::from("netns-test: the network is kept; look at it from another terminal with");
    let mut open: Vec<Descriptor> = Vec::new();
    for (position, node) in parts.plan.visible() {
        let Ok(descriptor) = parts.node(position).descriptor() else {
            continue;
        };
        let number = process::number(&descriptor);
        let home = parts.home(position).ok().and_then(Home::numbers);
        let home = home.map_or_else(String::new, |(mounts, name)| {
            format!(" --mount=/proc/{process}/fd/{mounts} --uts=/proc/{process}/fd/{name}")
        });
        let line = format!(
            "\n  nsenter {user}--net=/proc/{process}/fd/{number}{home} ip address  # {}",
            node.name
        );
        text.push_str(&line);
        open.push(descriptor);
    }
    text.push_str("\nand press Enter here to go on (without a terminal: `kill ");
    text.push_str(&format!("{process}`)"));
    wait(&text);
}
