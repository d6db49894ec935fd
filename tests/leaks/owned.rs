//! What a process owns is as before, after hundreds of networks that ended in every way.

use std::net::TcpListener;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use netns_test::{Network, TestResult, Topology, netns_test};

use crate::census::Census;
use crate::victims::bridged;

/// Of each kind of end. A few are built before the base line is taken: what is made once and kept is no leak.
const NETWORKS: usize = 200;
const BEFORE: usize = 3;

/// Few have a bridge: the kernel takes 20 ms to destroy one.
fn topology(count: usize) -> Topology {
    match count % 40 {
        0 => bridged(),
        20 => Topology::lan(["a", "b", "c"]),
        _ => Topology::lan(["a", "b"]),
    }
}

/// Ends many networks in this way and compares. The process is that of one test, so that nobody else opens anything in it.
fn compare(mut end: impl FnMut(usize) -> TestResult) -> TestResult {
    // Whatever folder the program was started in may be everybody's. So is the one for temporary files: `Suite` looks at that.
    let home = std::env::temp_dir().join(format!("netns-test-leaks-home-{}", std::process::id()));
    std::fs::create_dir(&home)?;
    std::env::set_current_dir(&home)?;
    let folders = [Path::new("/run/netns"), Path::new(".")];
    (0..BEFORE).try_for_each(&mut end)?;
    let before = Census::take(&folders);
    (0..NETWORKS).try_for_each(&mut end)?;
    before.assert_as_before(&folders);
    std::env::set_current_dir("/")?;
    Ok(std::fs::remove_dir(&home)?)
}

#[netns_test(timeout = 300)]
fn closed() -> TestResult {
    compare(|count| {
        let network = topology(count).build()?;
        let listener = network.host("b").run(|| TcpListener::bind("0.0.0.0:80"))?;
        drop(listener);
        Ok(network.close()?)
    })
}

#[netns_test(timeout = 300)]
fn dropped() -> TestResult {
    compare(|count| {
        drop(topology(count).build()?);
        Ok(())
    })
}

#[netns_test(timeout = 300)]
fn dropped_by_a_panic() -> TestResult {
    compare(|count| {
        let network = topology(count).build()?;
        let ended = panic::catch_unwind(AssertUnwindSafe(move || {
            let _network: Network = network;
            fail_quietly();
        }));
        assert!(ended.is_err());
        Ok(())
    })
}

#[netns_test(timeout = 300)]
fn the_body_of_a_run_panics() -> TestResult {
    compare(|count| {
        let ended = panic::catch_unwind(|| {
            netns_test::run(&topology(count), |net| net.host("a").run(fail_quietly))
        });
        let payload = match ended {
            Ok(ended) => return Err(format!("no panic: {ended:?}").into()),
            Err(payload) => payload,
        };
        assert_eq!(payload.downcast_ref(), Some(&"the body fails"));
        Ok(())
    })
}

#[netns_test(timeout = 300)]
fn refused_by_the_kernel_half_way() -> TestResult {
    compare(|count| {
        // The sysctl is the last thing that is set: everything else is there.
        let refused = topology(count).host("z", |h| h.sysctl("net.ipv4.no_such_thing", 1));
        let error = refused.build().expect_err("there is no such sysctl");
        assert!(error.to_string().contains("no_such_thing"), "{error}");
        Ok(())
    })
}

/// Panics without the message, of which there would be hundreds.
fn fail_quietly() {
    panic::resume_unwind(Box::new("the body fails"));
}
