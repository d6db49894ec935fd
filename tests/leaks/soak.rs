//! Hundreds of networks with everything in them, in one process: what they cost is given back. `cargo bench --bench soak` does
//! more rounds of the same, and shows figures meanwhile.

use netns_test::netns_test;

use crate::census::{Census, children, eventually};
use crate::work::{Figures, round};
use crate::world;

/// The network that the harness built for the test itself: its root.
const OWN: usize = 1;
const ROUNDS: usize = 100;
/// What memory may grow by, in KiB, as no allocator gives all of it back: 16 a round, far less than a network takes.
const MEMORY: u64 = 16 * ROUNDS as u64;

#[netns_test(timeout = 300)]
fn a_hundred_networks_with_everything_leave_nothing() {
    let test = "soak::a_hundred_networks_with_everything_leave_nothing";
    world::run(test, |world| {
        // What is made once and kept is no leak.
        (0..ROUNDS / 4).for_each(|number| round(number).unwrap());
        let before = (Census::take(&[]), Figures::take());
        (0..ROUNDS).for_each(|number| round(number).unwrap());
        before.0.assert_as_before(&[]);
        eventually(|| match children(std::process::id() as i32) {
            left if left.is_empty() => Ok(()),
            left => Err(format!("processes {left:?} are left")),
        });
        let after = Figures::take();
        let grown = after.memory.saturating_sub(before.1.memory);
        assert!(grown < MEMORY, "before {}\nafter  {after}", before.1);
        world.assert_held(OWN);
    });
}
