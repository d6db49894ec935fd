//! Links that measure themselves: what is found is what was asked for, whatever carries the wire.

use std::time::{Duration, Instant};

use netns_test::{
    Backend, DirectionReport, Family, Impairment, Jitter, LinkReport, Loss, Match, Measurement,
    Network, PacketRule, Profile, Recording, Reorder, TestResult, Topology, netns_test,
};

use crate::panic_text;

/// The seed of all that is left to chance here.
const SEED: u64 = 6;

fn pair() -> Topology {
    Topology::lan(["a", "b"]).wires().seed(SEED)
}

/// On the wire whose fates follow from the seed alone.
fn seeded() -> Topology {
    pair().backend(Backend::Wire)
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn lossy(loss: Loss) -> Impairment {
    Impairment::new().loss(loss)
}

fn only_datagrams(measurement: Measurement) -> Measurement {
    measurement.round_trips(0).rate_for(Duration::ZERO)
}

/// Where a sender moves to another processor, those that wait at the first are overtaken, on any link.
fn is_in_order(direction: &DirectionReport) -> bool {
    direction.overtaken() * 100 <= direction.received()
}

fn measure(net: &Network) -> TestResult<LinkReport> {
    Ok(net.measure_with("a", "b", only_datagrams)?)
}

#[netns_test(topology = pair(), families(v4, v6))]
fn a_sound_link_loses_nothing_and_says_so(net: &Network) -> TestResult {
    let report = net.measure("a", "b")?;
    for direction in [report.forth(), report.back()] {
        assert_eq!((direction.sent(), direction.received()), (1_000, 1_000));
        let bad = (
            direction.lost(),
            direction.duplicates(),
            direction.damaged(),
        );
        assert_eq!(bad, (0, 0, 0), "{report}");
        assert!(is_in_order(direction), "{report}");
        assert_eq!(direction.loss().low(), 0.0);
        assert!(direction.rate().is_some_and(|rate| rate > 1e6), "{report}");
    }
    assert_eq!(report.round_trips().len(), 20);
    assert!(report.min() <= report.median() && report.median() <= report.max());
    report.assert_as_declared();
    Ok(())
}

#[netns_test(topology = pair(), families(v4, v6))]
fn round_trips_hold_the_delays_of_both_ways(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let uneven = Profile::new(
        Impairment::new().delay(ms(30)),
        Impairment::new().delay(ms(10)),
    );
    let _trouble = link.impair(uneven)?;
    let report = net.measure_with("a", "b", |m| m.datagrams(100).rate_for(Duration::ZERO))?;
    assert!(report.min() >= Some(ms(40)), "{report}");
    assert_eq!(report.round_trips().len(), 20, "{report}");
    report.assert_as_declared();
    Ok(())
}

#[netns_test(topology = seeded(), families(v4, v6))]
fn every_model_of_loss_is_met_and_the_other_way_left_alone(net: &Network) -> TestResult {
    let models = [
        Loss::random(0.05),
        Loss::correlated(0.1, 0.5),
        Loss::gilbert_elliott(0.05, 0.4, 0.9, 0.01),
        Loss::four_state(0.03, 0.4, 0.2, 0.5, 0.01),
        Loss::every_nth(10),
    ];
    for loss in models {
        let _trouble = net.host("a").link("eth0").impair_egress(lossy(loss))?;
        let report = measure(net)?;
        let (forth, back) = (report.forth(), report.back());
        assert!(forth.loss().contains(loss.average()), "{loss:?}\n{report}");
        assert!(forth.lost() > 0, "{loss:?}\n{report}");
        assert_eq!(back.lost(), 0, "{loss:?}\n{report}");
        report.assert_as_declared();
    }
    Ok(())
}

#[netns_test(topology = seeded().impair(lossy(Loss::random(0.05))))]
fn more_datagrams_make_the_loss_surer(net: &Network) -> TestResult {
    let thorough = |m| only_datagrams(m).datagrams(20_000);
    let (few, many) = (measure(net)?, net.measure_with("a", "b", thorough)?);
    let width = |report: &LinkReport| report.forth().loss().high() - report.forth().loss().low();
    assert!(width(&many) * 3.0 < width(&few), "{few}\n{many}");
    for report in [few, many] {
        assert!(report.back().loss().contains(0.05), "{report}");
        report.assert_as_declared();
    }
    Ok(())
}

/// What a recording of a wire says became of the measurement's datagrams from `a`: what the wire did and what arrived are told
/// independently of each other.
fn fates(recording: &Recording<'_>, what: impl Fn(&str) -> bool) -> TestResult<u64> {
    let sent = recording.matching(Match::udp().sent())?;
    let of_ours = sent.iter().filter(|it| !is_mark(it.packet().payload()));
    Ok(of_ours.filter(|it| what(&it.fate)).count() as u64)
}

/// What is sent after all others, until one arrives.
fn is_mark(payload: &[u8]) -> bool {
    payload.get(8..11) == Some(&[0xFF; 3])
}

#[netns_test(topology = seeded())]
fn each_copy_that_the_wire_makes_is_counted(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let _trouble = link.impair_egress(Impairment::new().duplicate(0.1))?;
    let recording = link.record()?;
    let report = measure(net)?;
    let copies = fates(&recording, |fate| fate.contains("copied 1 times"))?;
    assert!(copies > 0, "{report}");
    assert_eq!(report.forth().duplicates(), copies, "{report}");
    assert_eq!(report.forth().lost(), 0, "{report}");
    assert_eq!(report.back().duplicates(), 0, "{report}");
    report.assert_as_declared();
    Ok(())
}

#[netns_test(topology = seeded())]
fn each_loss_of_the_wire_is_counted(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let _trouble = link.impair_egress(lossy(Loss::random(0.1)))?;
    let recording = link.record()?;
    let report = measure(net)?;
    let lost = fates(&recording, |fate| fate == "lost")?;
    assert!(lost > 0, "{report}");
    assert_eq!(report.forth().lost(), lost, "{report}");
    Ok(())
}

/// Those that skip the delay overtake others: there are as many late ones as were under way then, and none without.
#[netns_test(topology = seeded())]
fn those_that_were_overtaken_are_counted(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let mixed = Impairment::new().delay(ms(10)).reorder(Reorder::new(0.1));
    let _trouble = link.impair_egress(mixed)?;
    let recording = link.record()?;
    let report = measure(net)?;
    let ahead = fates(&recording, |fate| fate.contains("sent ahead"))?;
    assert!(ahead > 0, "{report}");
    assert!(report.forth().overtaken() > 0, "{report}");
    assert_eq!(report.forth().lost(), 0, "{report}");
    assert!(is_in_order(report.back()), "{report}");
    report.assert_as_declared();
    Ok(())
}

#[netns_test(topology = seeded())]
fn jitter_in_order_lets_nobody_overtake(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let shaky = Impairment::new().delay(ms(10));
    let in_order = shaky.clone().jitter(Jitter::normal(ms(2)).in_order());
    {
        let _trouble = link.impair_egress(in_order)?;
        let report = measure(net)?;
        assert!(is_in_order(report.forth()), "{report}");
        report.assert_as_declared();
    }
    let _trouble = link.impair_egress(shaky.jitter(Jitter::normal(ms(2))))?;
    let report = measure(net)?;
    assert!(!is_in_order(report.forth()), "{report}");
    report.assert_as_declared();
    Ok(())
}

#[netns_test(topology = seeded(), families(v4, v6))]
fn damage_is_found_by_checksums(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let _trouble = link.impair_egress(Impairment::new().corrupt(0.2))?;
    let large = |m| only_datagrams(m).payload(1400);
    let report = net.measure_with("a", "b", large)?;
    let forth = report.forth();
    // Nearly all flipped bits are those of the payload.
    assert!(forth.damaged() > 100, "{report}");
    assert!(forth.lost() < forth.damaged() / 4, "{report}");
    assert_eq!(report.back().damaged(), 0, "{report}");
    report.assert_as_declared();
    Ok(())
}

/// Busy machines are slower, and no machine is faster.
#[netns_test(topology = seeded())]
fn no_rate_is_exceeded(net: &Network) -> TestResult {
    for rate in [1_000_000, 20_000_000] {
        let limited = Impairment::new().rate(rate);
        let _trouble = net.host("a").link("eth0").impair(limited)?;
        let start = Instant::now();
        let report = net.measure_with("a", "b", |m| {
            m.round_trips(0).datagrams(100).rate_for(ms(1_000))
        })?;
        assert!(start.elapsed() >= ms(2_000), "a second each way");
        for direction in [report.forth(), report.back()] {
            let found = direction.rate().unwrap();
            // What left late makes the time between the first and the last shorter.
            assert!(found <= rate as f64 * 1.05, "{report}");
            assert_eq!(
                direction.lost(),
                0,
                "a measurement fills no queue: {report}"
            );
        }
    }
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]).wires().seed(SEED).impair(Impairment::new().delay(ms(10)).loss(Loss::random(0.1))))]
fn two_wires_on_a_switch_are_one_link(net: &Network) -> TestResult {
    let report = net.measure_with("a", "b", |m| m.round_trips(5).rate_for(Duration::ZERO))?;
    assert!(report.min() >= Some(ms(40)), "{report}");
    assert!(report.forth().loss().contains(0.19), "{report}");
    report.assert_as_declared();
    Ok(())
}

#[netns_test(topology = seeded())]
fn a_link_that_does_otherwise_is_told_with_what_was_measured(net: &Network) -> TestResult {
    let drop = PacketRule::drop(Match::udp().received().every(3));
    let _rule = net.host("b").link("eth0").packet_rule(drop)?;
    let report = measure(net)?;
    let text = panic_text(|| report.assert_as_declared());
    assert!(
        text.starts_with(
            "failed to find the link between `a` and `b` as it was declared: from `a` to `b` "
        ),
        "{text}"
    );
    assert!(text.contains("datagrams were lost, which makes "), "{text}");
    assert!(text.contains(", and 0 % is declared\n  help: this was measured:\n`a` (10.1.0.1) and `b` (10.1.0.2)\ndirection"), "{text}");
    Ok(())
}

#[netns_test(topology = Topology::new().host("a", |h| h).router("r", |r| r).host("b", |h| h).link("a", "r").link("r", "b"))]
fn over_a_router_it_measures_and_judges_nothing(net: &Network) -> TestResult {
    let report = net.measure_with("a", "b", |m| m.rate_for(Duration::ZERO))?;
    assert_eq!(report.forth().received(), 1_000);
    let error = report.as_declared().unwrap_err().to_string();
    assert!(
        error.contains("the two are not on one segment, so no link is declared"),
        "{error}"
    );
    Ok(())
}

#[netns_test(topology = pair().only(Family::V4).host("c", |h| h.share("a")))]
fn what_makes_no_sense_is_refused(net: &Network) {
    let refused = |to: &str, change: fn(Measurement) -> Measurement| {
        let error = net.measure_with("a", to, change).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        refused("b", |m| m.payload(5)),
        "failed to measure from node `a` to node `b`: the payload of 5 bytes is out of range (12 to 1452)"
    );
    assert_eq!(
        refused("b", |m| m.family(Family::V6)),
        "failed to measure from node `a` to node `b`: node `b` has no address of IPv6"
    );
    assert_eq!(
        refused("c", |m| m),
        "failed to measure from node `a` to node `c`: both have the same network\n  help: name two nodes with a link between them"
    );
    assert!(net.measure("a", "nobody").unwrap_err().is_unknown_name());
}

#[netns_test(topology = pair().impair(lossy(Loss::random(1.0))))]
fn a_link_that_loses_all_is_measured_as_such(net: &Network) -> TestResult {
    let few = |m: Measurement| m.round_trips(2).datagrams(50).rate_for(ms(50));
    let report = net.measure_with("a", "b", few)?;
    assert_eq!(
        (report.forth().received(), report.back().received()),
        (0, 0)
    );
    assert_eq!((report.min(), report.forth().rate()), (None, None));
    assert!(
        report.to_string().contains(", no answer to 2 requests\n"),
        "{report}"
    );
    report.assert_as_declared();
    Ok(())
}
