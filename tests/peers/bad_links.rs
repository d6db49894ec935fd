//! Real programs over bad links: iperf3 and curl, who know nothing of the wire between them.

use std::time::{Duration, Instant};

use netns_test::{Backend, Impairment, Loss, Network, TestResult, Topology, netns_test};

use crate::scratch::Scratch;
use crate::{lan, require, speed, web};

/// Limited, long, and lossy. This crate's own wire is on every machine.
fn bad() -> Topology {
    let bad = Impairment::new()
        .delay(Duration::from_millis(10))
        .loss(Loss::random(0.02))
        .rate(10_000_000);
    lan().impair(bad).backend(Backend::Wire).seed(6)
}

/// No faster than the link, on whichever machine.
#[netns_test(topology = bad())]
fn iperf3_by_tcp_is_bound_by_the_rate(net: &Network) -> TestResult {
    require(&["iperf3"])?;
    for family in ["--version4", "--version6"] {
        let report = speed::measure(net, &[family, "--bytes", "300K"])?;
        let end = &report["end"];
        let rate = end["sum_received"]["bits_per_second"].as_f64().unwrap();
        assert!(rate > 0.0 && rate < 10e6, "{rate} bit/s");
        let shortest = end["streams"][0]["sender"]["min_rtt"].as_u64();
        assert!(shortest >= Some(20_000), "{shortest:?} us: {report}");
    }
    Ok(())
}

#[netns_test(topology = bad())]
fn iperf3_by_udp_sees_the_loss(net: &Network) -> TestResult {
    require(&["iperf3"])?;
    let flood = [
        "--version4",
        "--udp",
        "--length",
        "200",
        "--bytes",
        "600K",
        "--bitrate",
        "5M",
    ];
    let report = speed::measure(net, &flood)?;
    let sum = &report["end"]["sum"];
    let lost = sum["lost_packets"].as_u64().unwrap();
    let sent = sum["packets"].as_u64().unwrap();
    // A busy machine's sockets lose, too, so there is no upper bound.
    let loss = netns_test::ConfidenceInterval::of(lost, sent, 0.999);
    assert!(sent >= 3_000 && loss.high() >= 0.02, "{lost} of {sent}");
    Ok(())
}

#[netns_test(topology = bad())]
fn curl_fetches_over_a_bad_link(net: &Network) -> TestResult {
    require(&["nginx", "curl"])?;
    let scratch = Scratch::new()?;
    let _nginx = web::serve(net.host("server"), &scratch, "hello over a bad link")?;
    for family in ["--ipv4", "--ipv6"] {
        let start = Instant::now();
        let page = web::fetch(net.host("client"), &[family, "http://server/"])?;
        assert_eq!(page, "hello over a bad link");
        // One round trip for the connection, one for the page.
        assert!(start.elapsed() >= Duration::from_millis(40));
    }
    Ok(())
}
