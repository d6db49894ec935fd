//! Network namespaces, by the kernel's own count.

use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use netns_test::{TestResult, Topology, netns_test};

use crate::census::mounts;
use crate::suite::Suite;
use crate::victims::{self, bridged};
use crate::world;

/// The network that the harness built for the test itself: its root.
const OWN: usize = 1;
const NETWORKS: usize = 30;

/// After each there is room for one namespace only if all of the network's have been released.
#[netns_test(timeout = 300)]
fn networks_give_all_their_namespaces_back() {
    let test = "counted::networks_give_all_their_namespaces_back";
    world::run(test, |world| {
        world.assert_held(OWN);
        for count in 0..NETWORKS {
            let topology = match count % 6 {
                0 => bridged(),
                _ => Topology::lan(["a", "b"]),
            };
            // The probe's own namespace may not have been released yet.
            world.allow(OWN + 3 + 1);
            let network = topology.build().unwrap();
            match count % 3 {
                0 => network.close().unwrap(),
                1 => drop(network),
                _ => {
                    let panicked = panic::catch_unwind(AssertUnwindSafe(move || {
                        let _network = network;
                        // Without a message, of which there would be twenty.
                        panic::resume_unwind(Box::new(()));
                    }));
                    assert!(panicked.is_err());
                }
            }
            world.assert_held(OWN);
        }
    });
}

/// The proof that the count finds what is left: descriptors that nobody closes.
#[netns_test(timeout = 300)]
fn a_network_that_is_never_dropped_stays_counted() {
    let test = "counted::a_network_that_is_never_dropped_stays_counted";
    world::run(test, |world| {
        std::mem::forget(Topology::lan(["a", "b"]).build().unwrap());
        world.assert_held(OWN + 3);
    });
}

/// Each generation of a host is there until the network ends, and no longer. Programs, threads and mounts are gone before.
#[netns_test(timeout = 300)]
fn restarted_hosts_leave_no_namespaces_behind() {
    let test = "counted::restarted_hosts_leave_no_namespaces_behind";
    world::run(test, |world| {
        let mounted = mounts();
        world.allow(100);
        let network = Topology::lan(["a", "b"]).build().unwrap();
        let b = network.host("b");
        for _ in 0..3 {
            b.run(|| ());
            b.command("sleep").arg("1000").spawn().unwrap();
            b.restart().unwrap();
            network.host("a").ping("b").unwrap().assert_lossless();
        }
        world.assert_held(OWN + 3 + 3);
        b.crash().unwrap();
        network.close().unwrap();
        world.assert_held(OWN);
        assert_eq!(mounts(), mounted);
    });
}

/// Sixteen tests at once, killed again and again: all namespaces are released, and nothing is mounted or written.
#[netns_test(timeout = 300)]
fn killed_runs_give_all_their_namespaces_back() {
    let test = "counted::killed_runs_give_all_their_namespaces_back";
    world::run(test, |world| {
        let mounted = mounts();
        let mut random = crate::killed::Random::new();
        for _ in 0..10 {
            world.allow(10_000);
            for _ in 0..10 {
                let run = Suite::of("victims::", victims::NUMBER).start();
                // A random moment is the point; nothing is waited for.
                std::thread::sleep(random.up_to(Duration::from_millis(200)));
                run.kill();
                drop(run.ended());
            }
            world.assert_held(OWN);
        }
        assert_eq!(mounts(), mounted);
        world.assert_no_files();
    });
}

/// A refused network takes back what it has made so far. It has waited for half a second.
#[netns_test(timeout = 1200)]
fn a_network_that_is_refused_half_way_leaves_nothing() -> TestResult {
    let test = "counted::a_network_that_is_refused_half_way_leaves_nothing";
    world::run_scaled(test, 0.05, |world| {
        for count in 0..6 {
            // Room for one or two of the three namespaces.
            world.allow(OWN + 1 + count % 2);
            let error = Topology::lan(["a", "b"]).build().expect_err("no room");
            assert!(error.is_refused(), "{error}");
        }
        world.assert_held(OWN);
    });
    Ok(())
}
