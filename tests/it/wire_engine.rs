//! What the engine carries: many wires at once, packets of any size, and losses as declared.

use std::time::Duration;

use netns_test::{
    Backend, Impairment, Loss, Network, TestResult, Topology, eventually, netns_test,
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::once;

/// A hub, and thirty hosts around it, each on a wire of its own.
fn thirty() -> Topology {
    let hosts = (0..30).map(|number| format!("h{number}"));
    let hub = Topology::new().bridge("hub", "10.0.0.254/24");
    hosts
        .fold(hub, |net, name| {
            net.host(name, |h| h.attach_with("hub", |i| i))
        })
        .wires()
        .backend(Backend::Wire)
}

#[netns_test(topology = thirty())]
fn thirty_wires_at_once_are_each_as_declared(net: &Network) -> TestResult {
    let link = net.host("h7").link("eth0");
    let _trouble = link.impair(Impairment::new().delay(Duration::from_millis(50)))?;
    let near = net.host("h1").ping_with("h29", once)?;
    let far = net.host("h1").ping_with("h7", once)?;
    near.assert_lossless();
    far.assert_lossless();
    assert!(far.min().ok_or("no answer")? >= Duration::from_millis(100));
    net.ping_all()?.assert_all_reachable();
    for number in 0..30 {
        let host = format!("h{number}");
        let counters = net.host(&host).link("eth0").wire_counters()?;
        assert_eq!(
            (counters.egress.lost, counters.egress.overrun),
            (0, Some(0)),
            "{host}"
        );
        assert!(counters.egress.delivered >= 29, "{host}: {counters:?}");
    }
    Ok(())
}

/// Each wire has four rings, and some system calls that wait take no more descriptors than a process may open.
#[netns_test]
fn more_wires_than_the_limit_of_descriptors_are_waited_for_asleep() -> TestResult {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, 64, hard)?;
    let net = thirty().build()?;
    net.host("h0").ping("h29")?.assert_lossless();
    falls_asleep()?;
    // And it is woken.
    net.host("h0").ping("h29")?.assert_lossless();
    net.close()?;
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]).wires().backend(Backend::Wire))]
fn ports_that_went_down_are_waited_for_asleep(net: &Network) -> TestResult {
    net.host("a").ping("b")?.assert_lossless();
    let cut = net.host("a").link("eth0").cut()?;
    falls_asleep()?;
    cut.heal()?;
    net.host("a").ping("b")?.assert_lossless();
    Ok(())
}

fn falls_asleep() -> netns_test::Result<()> {
    eventually(Duration::from_secs(20), || {
        let states = engine_states()?;
        let asleep = !states.is_empty() && states.iter().all(|state| state.starts_with('S'));
        asleep.then_some(()).ok_or_else(|| format!("{states:?}"))
    })
}

/// What the engine's threads do, as proc(5) says it: `S (sleeping)`, `R (running)`.
fn engine_states() -> Result<Vec<String>, String> {
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let threads = std::fs::read_dir("/proc/self/task").map_err(|error| error.to_string())?;
    let threads = threads.filter_map(|thread| Some(thread.ok()?.path()));
    let of_engine = threads.filter(|thread| read(thread.join("comm")).trim() == "wire");
    let state = |thread: std::path::PathBuf| {
        let status = read(thread.join("status"));
        let line = status.lines().find_map(|line| line.strip_prefix("State:"));
        line.map(|state| state.trim().to_owned())
    };
    Ok(of_engine.filter_map(state).collect())
}

fn jumbo() -> Topology {
    Topology::new()
        .segment("lan", "10.0.0.0/24")
        .host("a", |h| h.attach_with("lan", |i| i.mtu(9000)))
        .host("b", |h| h.attach_with("lan", |i| i.mtu(9000)))
        .wires()
        .backend(Backend::Wire)
}

#[netns_test(topology = jumbo())]
fn packets_of_any_size_pass_whole(net: &Network) -> TestResult {
    let sizes = [0, 18, 1472, 1473, 8972];
    let pass = |net: &Network| -> TestResult {
        for size in sizes {
            let ping = |p| once(p).payload(size).dont_fragment(true);
            net.host("a").ping_with("b", ping)?.assert_lossless();
        }
        Ok(())
    };
    pass(net)?;
    let link = net.host("a").link("eth0");
    let _trouble = link.impair(Impairment::new().delay(Duration::from_millis(1)))?;
    pass(net)?;
    let counters = link.wire_counters()?;
    assert_eq!(
        (counters.egress.overrun, counters.ingress.overrun),
        (Some(0), Some(0))
    );
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]).wires().backend(Backend::Wire).seed(6))]
fn as_much_is_lost_as_declared_and_one_way_only(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let _trouble = link.impair_egress(Impairment::new().loss(Loss::random(0.2)))?;
    let often = |p: netns_test::Ping| {
        p.count(1000)
            .interval(Duration::from_millis(1))
            .timeout(Duration::from_millis(200))
    };
    let report = net.host("a").ping_with("b", often)?;
    let counters = link.wire_counters()?;
    let entered = counters.egress.packets;
    // 999 of 1000 such counts are within 3.29 deviations.
    let (expected, deviation) = (0.2 * entered as f64, (0.16 * entered as f64).sqrt());
    let lost = counters.egress.lost as f64;
    assert!(
        (lost - expected).abs() <= 3.29 * deviation,
        "{lost} of {entered}"
    );
    assert_eq!(counters.ingress.lost, 0);
    assert!(report.received() < 1000);
    Ok(())
}
