//! Many at once: networks of one process, tests of one program, programs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use netns_test::{Topology, netns_test};
use serial_test::serial;

use crate::census::Census;
use crate::suite::Suite;
use crate::victims::{self, talk};
use crate::world;

/// Two hundred small tests, as a package has them.
mod small {
    macro_rules! groups {
        ($($group:ident)*) => { $(mod $group { super::tests! { a b c d e f g h i j } })* };
    }
    macro_rules! tests {
        ($($name:ident)*) => {
            $(
                #[netns_test::netns_test(topology = netns_test::Topology::lan(["a", "b"]), timeout = 300)]
                fn $name(net: &netns_test::Network) -> netns_test::TestResult {
                    crate::victims::talk(net)
                }
            )*
        };
    }
    use tests;

    groups! { a b c d e f g h i j k l m n o p q r s t }
}

/// Of which some have all that a network can have at a time: that is what the limit of descriptors is about.
#[test]
#[serial(suites)]
fn two_hundred_tests_pass_64_at_once() {
    for limit in ["nofile=256:256", "nofile=1024:4096"] {
        let ended = Suite::of("crowd::small::", 64).limit(limit).run();
        ended.assert_passed();
        assert_eq!(ended.count("passed"), 200, "{}", ended.output);
    }
}

/// As on a machine that serves many people.
#[test]
#[serial(suites)]
fn ten_suites_at_once_do_not_disturb_one_another() {
    let runs = [(); 10].map(|()| Suite::of("victims::", 4).start());
    for run in runs {
        run.ended().assert_all_passed(victims::NUMBER + 1);
    }
}

/// The network that the harness built for the test itself: its root.
const OWN: usize = 1;

#[netns_test(timeout = 300)]
fn a_process_has_a_thousand_networks_64_at_once() {
    let test = "crowd::a_process_has_a_thousand_networks_64_at_once";
    world::run(test, |world| {
        // Made once and kept is no leak.
        Topology::lan(["a", "b"]).build().unwrap().close().unwrap();
        let before = Census::take(&[]);
        let begun = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    while begun.fetch_add(1, Ordering::Relaxed) < 1000 {
                        let network = Topology::lan(["a", "b"]).build().unwrap();
                        talk(&network).unwrap();
                        network.close().unwrap();
                    }
                });
            }
        });
        before.assert_as_before(&[]);
        world.assert_held(OWN);
    });
}
