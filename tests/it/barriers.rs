//! Code in several hosts that goes on together.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use netns_test::{Barrier, Network, TestResult, Topology, eventually, netns_test};

use crate::{panic_text, seconds};

const SOON: Duration = Duration::from_secs(10);
/// For what must not come.
const BRIEFLY: Duration = Duration::from_millis(20);

/// Nobody passes before all are there, in each round.
#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn three_hosts_go_on_together(net: &Network) {
    let (barrier, arrived) = (Barrier::new(3), AtomicUsize::new(0));
    let arrived = &arrived;
    thread::scope(|scope| {
        for host in net.hosts() {
            let barrier = barrier.clone();
            scope.spawn(move || {
                host.run(|| {
                    for round in 1..=20 {
                        arrived.fetch_add(1, Ordering::SeqCst);
                        barrier.wait().unwrap();
                        assert_eq!(arrived.load(Ordering::SeqCst), 3 * round);
                        barrier.wait().unwrap();
                    }
                });
            });
        }
    });
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn a_party_that_panicked_is_missed_by_the_others(net: &Network) {
    let barrier = Barrier::new(3);
    let hasty = barrier.clone().within(BRIEFLY);
    let wait = |name: &str, barrier: &Barrier| {
        net.host(name)
            .run(|| barrier.wait().unwrap_err().to_string())
    };
    let failed = panic_text(|| net.host("c").run(|| panic!("before the barrier")));
    assert_eq!(failed, "before the barrier");
    thread::scope(|scope| {
        let patient = scope.spawn(|| wait("a", &barrier));
        eventually(SOON, || format!("{barrier:?}").contains("waiting: 1")).unwrap();
        let expected = format!(
            "failed to wait at the barrier: 2 of 3 parties arrived within {}: `a`, `b`\n  \
             help: a party that has panicked or returned never arrives: look for the first failure",
            seconds(BRIEFLY)
        );
        assert_eq!(wait("b", &hasty), expected);
        assert_eq!(patient.join().unwrap(), expected);
    });
}

/// A task of the body's thread and a thread of a host meet.
#[netns_test(topology = Topology::lan(["client", "server"]))]
async fn tasks_and_hosts_meet_at_a_barrier(net: &Network) -> TestResult {
    let barrier = Barrier::new(3);
    let (of_the_task, of_the_host) = (barrier.clone(), barrier.clone());
    let task = tokio::spawn(async move { of_the_task.wait_async().await });
    let server = net
        .host("server")
        .run(|| thread::spawn(move || of_the_host.wait()));
    barrier.wait_async().await?;
    task.await??;
    server.join().unwrap()?;

    let hasty = barrier.within(BRIEFLY);
    let error = net
        .host("server")
        .run(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            // No clock in this runtime, and none is needed.
            Ok::<_, std::io::Error>(runtime.block_on(hasty.wait_async()))
        })?
        .unwrap_err();
    assert!(error.is_timed_out());
    let arrived = format!(
        ": 1 of 3 parties arrived within {}: `server`\n",
        seconds(BRIEFLY)
    );
    assert!(error.to_string().contains(&arrived), "{error}");
    Ok(())
}
