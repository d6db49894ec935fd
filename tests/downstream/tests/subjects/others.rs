//! Other crates' attributes and thread pools. `test-case` needs an `async fn` and so is with `downstream-tokio`.

use std::fs::OpenOptions;
use std::net::TcpListener;

use netns_test::{netns_test, Mistake, TestResult, Topology};
use rayon::prelude::*;
use rstest::rstest;
use serial_test::{file_serial, serial};

use crate::surroundings::{namespace, scratch};

#[rstest]
#[case(80)]
#[case(443)]
#[netns_test::test(topology = Topology::lan(["client", "server"]))]
fn rstest_passes(#[case] port: u16) -> TestResult {
    let net = netns_test::current();
    net.host("server")
        .run(|| TcpListener::bind(("0.0.0.0", port)))?;
    Ok(())
}

#[rstest]
#[case::small(1)]
#[case::large(65536)]
#[netns_test::test]
fn rstest_fails_if_large(#[case] port: u32) {
    assert!(u16::try_from(port).is_ok(), "{port} is no port");
}

#[serial]
#[netns_test]
fn serial_passes() {}

#[netns_test]
#[serial]
fn serial_below_passes() {}

#[netns_test]
#[serial]
fn serial_fails() {
    panic!("in series");
}

/// Nobody else may be here: the file is there while somebody is.
fn alone() {
    let path = scratch().join("occupied");
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .expect("another test holds the lock too");
    std::thread::yield_now();
    std::fs::remove_file(path).unwrap();
}

#[file_serial(alone)]
#[netns_test]
fn file_serial_excludes_1() {
    alone();
}

#[netns_test]
#[file_serial(alone)]
fn file_serial_excludes_2() {
    alone();
}

/// The global pool is made by whoever asks first, in the network of that test, and never ends.
fn everybody_is_here() {
    let here = namespace("net");
    assert!((0..64).into_par_iter().all(|_| namespace("net") == here));
}

#[netns_test(topology = Topology::new().allow(Mistake::ThreadLeft))]
fn rayon_is_here_1() {
    everybody_is_here();
}

#[netns_test(topology = Topology::new().allow(Mistake::ThreadLeft))]
fn rayon_is_here_2() {
    everybody_is_here();
}

#[netns_test]
fn rayon_fails_if_not_allowed() {
    everybody_is_here();
}
