//! Tools that need capabilities, which an ordinary user's programs have inside.

use netns_test::{Network, TestResult, netns_test};

use crate::{has_other_ids, is_root, lan, require};

#[netns_test(topology = lan())]
fn ping_is_answered_by_name_and_both_families(net: &Network) -> TestResult {
    require(&["ping"])?;
    for family in ["-4", "-6"] {
        let mut ping = net.host("client").command("ping");
        let text = ping
            .args([family, "-c", "1", "-w", "20", "server"])
            .read()?;
        assert!(text.contains("1 received"), "{text}");
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn ip_changes_the_host_that_it_runs_in(net: &Network) -> TestResult {
    require(&["ip"])?;
    let client = net.host("client");
    let mut ip = client.command("ip");
    ip.args(["address", "add", "192.0.2.9/32", "dev", "lo"])
        .run()?;
    let addresses = |host: netns_test::Host<'_>| -> netns_test::Result<String> {
        Ok(host.interface("lo")?.to_string())
    };
    assert!(addresses(client)?.contains("192.0.2.9/32"));
    assert!(!addresses(net.host("server"))?.contains("192.0.2.9/32"));
    Ok(())
}

#[netns_test(topology = lan())]
fn tcpdump_captures_a_ping(net: &Network) -> TestResult {
    require(&["tcpdump", "ping"])?;
    let mut tcpdump = net
        .host("server")
        .command("tcpdump")
        // Debian's would become the user `tcpdump` if it is root.
        .args([
            "-Z",
            "root",
            "-n",
            "-l",
            "--immediate-mode",
            "-i",
            "eth0",
            "-c",
            "2",
        ])
        .arg("icmp")
        .spawn()?;
    if is_root() && !has_other_ids() {
        // It insists on giving up groups, which a namespace with one id forbids.
        tcpdump.expect_line("Couldn't change to 'root'")?;
        return Ok(());
    }
    tcpdump.expect_line("listening on eth0")?;
    let mut ping = net.host("client").command("ping");
    ping.args(["-4", "-c", "1", "-w", "20", "server"]).run()?;
    tcpdump.expect_line("10.1.0.1 > 10.1.0.2: ICMP echo request")?;
    tcpdump.expect_line("10.1.0.2 > 10.1.0.1: ICMP echo reply")?;
    assert!(tcpdump.wait()?.success());
    Ok(())
}

#[netns_test(topology = lan())]
fn nft_drops_what_its_table_says(net: &Network) -> TestResult {
    require(&["nft", "ping"])?;
    let server = net.host("server");
    let rules = "table inet guard {\nchain input {\n\
         type filter hook input priority 0\nip protocol icmp drop\n}\n}";
    server.command("nft").arg(rules).run()?;
    let tables = server.command("nft").args(["list", "tables"]).read()?;
    assert_eq!(tables, "table inet guard\n");
    let elsewhere = net
        .host("client")
        .command("nft")
        .args(["list", "tables"])
        .read()?;
    assert_eq!(elsewhere, "");
    // What is dropped gets no answer, however long one waits. The other family passes.
    let client = net.host("client");
    let ping = |family: &str| {
        client
            .command("ping")
            .args([family, "-c", "1", "-W", "0.2", "server"])
            .status()
    };
    assert!(!ping("-4")?.success());
    client
        .command("ping")
        .args(["-6", "-c", "1", "-w", "20", "server"])
        .run()?;
    Ok(())
}

#[netns_test(topology = lan())]
fn ss_shows_the_sockets_of_its_host_alone(net: &Network) -> TestResult {
    require(&["ss"])?;
    let server = net.host("server");
    let _listener = server.run(|| std::net::TcpListener::bind("0.0.0.0:443"))?;
    let listening = ["--tcp", "--listening", "--numeric", "--no-header"];
    let seen = server.command("ss").args(listening).read()?;
    assert_eq!(seen.lines().count(), 1, "{seen}");
    assert!(seen.contains("0.0.0.0:443"), "{seen}");
    assert_eq!(net.host("client").command("ss").args(listening).read()?, "");
    Ok(())
}
