//! Links whose rate follows a trace: never exceeded, and nothing that waits is lost.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use netns_test::{
    Backend, Family, Impairment, Loss, Network, RateTrace, Schedule, Step, TestResult, Topology,
    netns_test,
};

use crate::acquainted::acquaint;
use crate::once;

const ANSWER: Duration = Duration::from_secs(20);
/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

fn engine() -> Topology {
    Topology::lan(["a", "b"]).wires().backend(Backend::Wire)
}

/// Sends datagrams without pause; what came by is never more than the limit says.
fn flood(net: &Network, time: Duration, limit: impl Fn() -> f64) -> TestResult {
    const FRAME: u64 = 14 + 20 + 8 + 1000;
    let [a, b] = ["a", "b"].map(|name| net.host(name));
    let to = b.run(|| UdpSocket::bind("0.0.0.0:9"))?;
    let from = a.run(|| UdpSocket::bind("0.0.0.0:0"))?;
    to.set_read_timeout(Some(ms(1)))?;
    let began = Instant::now();
    let mut bytes = 0;
    while began.elapsed() < time || bytes == 0 {
        for _ in 0..4 {
            from.send_to(&[0; 1000], b.socket_addr(9))?;
        }
        if to.recv(&mut [0; 2000]).is_ok() {
            bytes += FRAME;
            let allowed = limit();
            assert!(bytes as f64 <= allowed, "{bytes} came by, {allowed} may");
        }
    }
    Ok(())
}

#[netns_test(topology = engine())]
fn a_trace_is_never_exceeded_and_gives_the_rate_back(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    // Nothing at all, and then a little for ever.
    let trace = RateTrace::new([(ms(200), 0), (NEVER, 80_000)]);
    net.host("a").ping_with("b", once)?.assert_lossless();
    let began = Instant::now();
    let trouble = link.play_rate_egress(trace)?;
    assert_eq!(
        trouble.to_string(),
        "play rates from 0 bit/s to 80 kbit/s in 2 steps over 3600.2s out on interface `eth0` of node `a`"
    );
    flood(net, ms(700), || {
        let open = began.elapsed().saturating_sub(ms(200));
        // One frame, because the last one is late by less than that.
        open.as_secs_f64() * 10_000.0 + 1042.0
    })?;
    trouble.heal()?;
    net.host("a").ping_with("b", once)?.assert_lossless();
    // At the trace's rate these would take longer than that.
    let [a, b] = ["a", "b"].map(|name| net.host(name));
    let to = b.run(|| UdpSocket::bind("0.0.0.0:9"))?;
    let from = a.run(|| UdpSocket::bind("0.0.0.0:0"))?;
    to.set_read_timeout(Some(ANSWER))?;
    let wide = Instant::now();
    for _ in 0..200 {
        from.send_to(&[0; 1000], b.socket_addr(9))?;
        to.recv(&mut [0; 2000])?;
    }
    assert!(wide.elapsed() < crate::scaled(ANSWER));
    Ok(())
}

#[netns_test(topology = engine())]
fn what_waits_is_not_lost_when_the_rate_changes_or_the_trace_ends(net: &Network) -> TestResult {
    let [a, b] = ["a", "b"].map(|name| net.host(name));
    a.ping_with("b", once)?.assert_lossless();
    let to = b.run(|| UdpSocket::bind("0.0.0.0:9"))?;
    let from = a.run(|| UdpSocket::bind("0.0.0.0:0"))?;
    to.set_read_timeout(Some(ANSWER))?;
    let link = a.link("eth0");
    let outage = RateTrace::new([(NEVER, 0), (ms(1), 10_000_000)]);
    for trace in [RateTrace::new([(ms(100), 0), (ms(1), 10_000_000)]), outage] {
        let is_short = trace.duration() < NEVER;
        let trouble = link.play_rate(trace)?;
        for number in 0..20_u8 {
            from.send_to(&[number; 500], b.socket_addr(9))?;
        }
        let waits = if is_short {
            Some(trouble)
        } else {
            trouble.heal()?;
            None
        };
        for number in 0..20_u8 {
            let mut got = [0; 500];
            to.recv(&mut got)?;
            assert_eq!(got[0], number);
        }
        drop(waits);
    }
    Ok(())
}

/// The thousandth is one of the test's own: nobody else has anything to say.
#[netns_test(topology = engine().only(Family::V4))]
fn a_rate_that_changes_changes_no_fate(net: &Network) -> TestResult {
    let [a, b] = ["a", "b"].map(|name| net.host(name));
    acquaint(net, ["a", "b"])?;
    let to = b.run(|| UdpSocket::bind("0.0.0.0:9"))?;
    let from = a.run(|| UdpSocket::bind("0.0.0.0:0"))?;
    to.set_read_timeout(Some(ANSWER))?;
    let trace = RateTrace::new([(ms(3), 100_000_000), (ms(3), 50_000_000)]).repeated();
    let half = Impairment::new().loss(Loss::every_nth(1000));
    let _half = a.link("eth0").impair_egress(half)?;
    let playing =
        net.play(Schedule::new().at(ms(0), Step::play_rate_egress("a", "eth0", trace)))?;
    // Of any thousand one is lost, however often the rate changes meanwhile: begun anew each time, none would be.
    let mut got = BTreeSet::new();
    for number in 0..1100_u32 {
        from.send_to(&number.to_ne_bytes(), b.socket_addr(9))?;
        if number % 50 == 49 {
            // One of the last two comes by.
            while !got.contains(&number) && !got.contains(&(number - 1)) {
                let mut bytes = [0; 4];
                to.recv(&mut bytes)?;
                got.insert(u32::from_ne_bytes(bytes));
            }
            let now = playing.log().last().map_or_else(|| ms(0), |it| it.planned);
            playing.wait_for(now + ms(6))?;
        }
    }
    let lost: Vec<u32> = (0..1090).filter(|it| !got.contains(it)).collect();
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(playing.log().len() > 10);
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]).wires().backend(Backend::Kernel))]
fn the_kernel_plays_traces_too(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let trace = RateTrace::new([(ms(100), 400_000), (NEVER, 800_000)]);
    let began = Instant::now();
    let trouble = link.play_rate_egress(trace)?;
    assert_eq!(link.backend()?, Backend::Kernel);
    // Two bursts of a frame each, one of which is whole.
    flood(net, ms(500), || {
        began.elapsed().as_secs_f64() * 100_000.0 + 4.0 * 1600.0
    })?;
    trouble.heal()?;
    net.host("a").ping_with("b", once)?.assert_lossless();
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]).wires().backend(Backend::Kernel))]
fn what_the_kernel_cannot_is_told_before_anything_is_done(net: &Network) -> TestResult {
    let trace = RateTrace::new([(ms(100), 0), (NEVER, 800_000)]);
    let nth = Impairment::new().loss(Loss::every_nth(3));
    let schedule = Schedule::new()
        .at(ms(0), Step::play_rate("a", "eth0", trace))
        .at(ms(1), Step::impair("a", "eth0", nth));
    let error = net.play(schedule).unwrap_err().to_string();
    assert!(error.contains("a rate of 0 needs our own wire"), "{error}");
    assert!(
        error.contains("netem loses by chance, and not packet number 3"),
        "{error}"
    );
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]).wires())]
fn a_trace_of_times_is_refused_in_words_of_its_own(net: &Network) {
    let trace = RateTrace::new([(Duration::ZERO, 1_000_000), (ms(600), 2_000_000)]);
    let refused = net.host("a").link("eth0").play_rate(trace).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "failed to play rates on interface `eth0` of node `a`: \
         step 1 of the trace takes no time: say how long a rate holds, not when it begins"
    );
}
