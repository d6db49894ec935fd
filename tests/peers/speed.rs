//! iperf3 between two hosts: that bytes arrive, never how fast.

use netns_test::{Network, TestResult, netns_test};
use serde_json::Value;

use crate::{behind_nat, lan, require};

/// What the client reports, with the server seen by these arguments.
pub(crate) fn measure(net: &Network, arguments: &[&str]) -> TestResult<Value> {
    let mut server = net
        .host("server")
        .command("iperf3")
        .args(["--server", "--one-off"])
        .spawn()?;
    net.host("server").wait_listening(5201)?;
    let report = net
        .host("client")
        .command("iperf3")
        .args(["--client", "server", "--json"])
        .args(arguments)
        .read()?;
    let status = server.wait()?;
    assert!(status.success(), "{status}\n{}", server.stderr_text());
    let report: Value = serde_json::from_str(&report)?;
    assert_eq!(report.get("error"), None, "{report}");
    Ok(report)
}

#[netns_test(topology = lan())]
fn iperf3_sends_by_tcp(net: &Network) -> TestResult {
    require(&["iperf3"])?;
    for family in ["--version4", "--version6"] {
        let report = measure(net, &[family, "--bytes", "1M"])?;
        let received = report["end"]["sum_received"]["bytes"].as_u64();
        assert!(received > Some(0), "{family}: {report}");
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn iperf3_sends_by_udp(net: &Network) -> TestResult {
    require(&["iperf3"])?;
    for family in ["--version4", "--version6"] {
        let report = measure(
            net,
            &[family, "--udp", "--bytes", "200K", "--bitrate", "10M"],
        )?;
        let sum = &report["end"]["sum"];
        assert!(sum["bytes"].as_u64() > Some(0), "{family}: {report}");
        assert!(sum["packets"].as_u64() > Some(0), "{family}: {report}");
    }
    Ok(())
}

#[netns_test(topology = behind_nat())]
fn iperf3_sends_through_a_router_that_translates(net: &Network) -> TestResult {
    require(&["iperf3"])?;
    for arguments in [&["--bytes", "1M"][..], &["--bytes", "1M", "--reverse"]] {
        let report = measure(net, arguments)?;
        let received = report["end"]["sum_received"]["bytes"].as_u64();
        assert!(received > Some(0), "{arguments:?}: {report}");
    }
    let udp = ["--udp", "--bytes", "200K", "--bitrate", "10M"];
    let report = measure(net, &udp)?;
    assert!(
        report["end"]["sum"]["packets"].as_u64() > Some(0),
        "{report}"
    );
    Ok(())
}
