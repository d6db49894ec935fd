//! Thirty bad links at once: one thread carries them all, and each is as bad as it was asked to be.

use std::time::Duration;

use netns_test::{Backend, Impairment, Loss, Network, TestResult, Topology, netns_test};

const LINKS: u32 = 30;

/// Each pair has a cable of its own, and a loss and a delay that no other has.
fn pairs() -> Topology {
    (1..=LINKS)
        .fold(
            Topology::new().backend(Backend::Wire).seed(30),
            |topology, it| {
                let (near, far) = (format!("a{it}"), format!("b{it}"));
                let topology = topology.host(&near, |h| h).host(&far, |h| h);
                topology.link(near.as_str(), far.as_str())
            },
        )
        .impair(Impairment::new())
}

fn badness(number: u32) -> Impairment {
    let delay = Duration::from_millis(number.into());
    Impairment::new()
        .delay(delay)
        .loss(Loss::random(f64::from(number) / 100.0))
}

#[netns_test(topology = pairs())]
fn thirty_links_are_each_as_bad_as_they_were_asked_to_be(net: &Network) -> TestResult {
    let near = |number: u32| net.host(&format!("a{number}")).link("eth0");
    let troubles: Result<Vec<_>, _> = (1..=LINKS).map(|it| near(it).impair(badness(it))).collect();
    let troubles = troubles?;
    std::thread::scope(|scope| {
        let measuring: Vec<_> = (1..=LINKS)
            .map(|number| {
                scope.spawn(move || {
                    let (a, b) = (format!("a{number}"), format!("b{number}"));
                    net.measure_with(&a, &b, |m| m.datagrams(500).rate_for(Duration::ZERO))
                })
            })
            .collect();
        for (number, report) in (1..=LINKS).zip(measuring) {
            let report = report.join().unwrap()?;
            let delays = Duration::from_millis(number.into()) * 2;
            // Of requests that are lost or late, no time is known.
            assert!(report.min().is_none_or(|min| min >= delays), "{report}");
            assert!(
                report.forth().loss().contains(f64::from(number) / 100.0),
                "{report}"
            );
            report.assert_as_declared();
        }
        TestResult::Ok(())
    })?;
    drop(troubles);
    let healed = net.measure_with("a30", "b30", |m| m.rate_for(Duration::ZERO))?;
    assert_eq!(healed.forth().lost(), 0, "{healed}");
    Ok(())
}
