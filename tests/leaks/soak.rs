//! Hundreds of networks with everything in them, in one process: what they cost is given back. `cargo bench --bench soak` does
//! more rounds of the same, and shows figures meanwhile.

use netns_test::netns_test;

use crate::census::{Census, children, eventually};
use crate::work::{Figures, round};
use crate::world;

/// The network that the harness built for the test itself: its root.
const OWN: usize = 1;
const ROUNDS: usize = 100;
/// More than an allocator and a table of statistics vary by, and less than a hundred times what a leak of a page would be.
const MEMORY: u64 = 100 * 4;

#[netns_test(timeout = 300)]
#[expect(clippy::print_stdout, reason = "a failed test shows it")]
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
        println!("before {}\nafter  {after}", before.1);
        assert!(after.memory < before.1.memory + MEMORY);
        world.assert_held(OWN);
    });
}
