//! The runtimes of hosts: their threads and descriptors go with the network.

use std::panic::{self, AssertUnwindSafe};

use netns_test::{Network, TestResult, Topology, netns_test};

use crate::census::Census;

const NETWORKS: usize = 50;

fn busy() -> Topology {
    Topology::lan(["a", "b"]).host("c", |h| h.worker_threads(2))
}

/// Starts every kind of thread that a runtime has, and tasks that would never end.
fn occupied() -> netns_test::Result<Network> {
    let network = busy().build()?;
    for host in network.hosts() {
        drop(host.spawn(std::future::pending::<()>));
        let blocking = host.run_async(|| async {
            drop(tokio::spawn(std::future::pending::<()>()));
            tokio::task::spawn_blocking(|| 1).await
        });
        assert!(matches!(blocking.join(), Ok(1)));
    }
    Ok(network)
}

/// Ends many networks in this way and compares, in the process of one test.
fn compare(mut end: impl FnMut(Network) -> TestResult) -> TestResult {
    // Made once and kept is no leak. Closing waits until the threads have left, and dropping does not.
    occupied()?.close()?;
    let before = Census::take(&[]);
    for _ in 0..NETWORKS {
        end(occupied()?)?;
    }
    before.assert_as_before(&[]);
    Ok(())
}

#[netns_test(timeout = 300)]
fn closed() -> TestResult {
    compare(|network| Ok(network.close()?))
}

#[netns_test(timeout = 300)]
fn dropped() -> TestResult {
    compare(|network| {
        drop(network);
        Ok(())
    })
}

#[netns_test(timeout = 300)]
fn dropped_by_a_panic() -> TestResult {
    compare(|network| {
        let ended = panic::catch_unwind(AssertUnwindSafe(move || {
            let _network = network;
            // Without a message, of which there would be many.
            panic::resume_unwind(Box::new(()));
        }));
        assert!(ended.is_err());
        Ok(())
    })
}

/// A host that is not asked for a runtime has no thread, and one that is has one.
#[netns_test]
fn only_a_host_with_tasks_has_a_thread() -> TestResult {
    let network = Topology::lan(["a", "b", "c"]).build()?;
    let before = Census::take(&[]).threads();
    network.host("b").run_async(|| async {}).join();
    network.host("b").run_async(|| async {}).join();
    assert_eq!(Census::take(&[]).threads(), before + 1);
    network.close()?;
    Ok(())
}
