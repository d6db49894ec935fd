//! nginx, fetched by curl.

use std::io;
use std::path::{Path, PathBuf};

use netns_test::{
    Command, Host, Match, Network, PacketRule, Process, Result, TestResult, Topology, netns_test,
};

use crate::scratch::Scratch;
use crate::{behind_nat, lan, require};

const SIGHUP: i32 = 1;
/// Root's workers would be `www-data` otherwise. For everybody else the line means nothing.
const STAY: &str = "root root";

/// The configuration of an nginx that serves one sentence on port 80, with all its files in the directory.
pub(crate) fn configure(
    scratch: &Scratch,
    name: &str,
    sentence: &str,
    user: &str,
) -> io::Result<PathBuf> {
    let place = scratch.join(name).display().to_string();
    let configuration = format!(
        "user {user}; daemon off; pid {place}.pid; error_log stderr notice; worker_processes 1; events {{}}\n\
         http {{ access_log off; client_body_temp_path {place}.b; proxy_temp_path {place}.p; fastcgi_temp_path {place}.f;\n\
         uwsgi_temp_path {place}.u; scgi_temp_path {place}.s;\n\
         server {{ listen 80; listen [::]:80; return 200 '{sentence}'; }} }}\n"
    );
    scratch.write(name, &configuration)
}

pub(crate) fn nginx<'net>(
    host: Host<'net>,
    scratch: &Scratch,
    configuration: &Path,
) -> Command<'net> {
    let mut nginx = host.command("nginx");
    nginx.args(["-e", "stderr", "-c"]).arg(configuration);
    nginx.arg("-p").arg(scratch.path());
    nginx
}

/// An nginx that listens.
pub(crate) fn serve<'net>(
    host: Host<'net>,
    scratch: &Scratch,
    sentence: &str,
) -> TestResult<Process<'net>> {
    let configuration = configure(scratch, host.name(), sentence, STAY)?;
    let mut nginx = nginx(host, scratch, &configuration).spawn()?;
    // It listens before it makes the processes that accept.
    nginx.expect_line("start worker process ")?;
    Ok(nginx)
}

pub(crate) fn fetch(host: Host<'_>, arguments: &[&str]) -> Result<String> {
    let mut curl = host.command("curl");
    curl.args(["--silent", "--show-error", "--fail", "--noproxy", "*"]);
    curl.args(arguments).read()
}

#[netns_test(topology = lan())]
fn curl_fetches_from_nginx_by_name_and_both_families(net: &Network) -> TestResult {
    require(&["nginx", "curl"])?;
    let scratch = Scratch::new()?;
    let _nginx = serve(net.host("server"), &scratch, "hello from the server")?;
    let families: [&[&str]; 3] = [&[], &["--ipv4"], &["--ipv6"]];
    for family in families {
        let page = fetch(net.host("client"), &[family, &["http://server/"]].concat())?;
        assert_eq!(page, "hello from the server", "{family:?}");
    }
    let page = fetch(net.host("client"), &["http://[fd00:1::2]/"])?;
    assert_eq!(page, "hello from the server");
    Ok(())
}

#[netns_test(topology = lan().wires())]
fn curl_gets_its_page_over_a_wire_whose_packets_suffer(net: &Network) -> TestResult {
    require(&["nginx", "curl"])?;
    let scratch = Scratch::new()?;
    let _nginx = serve(net.host("server"), &scratch, "hello from the server")?;
    let link = net.host("client").link("eth0");
    for family in ["--ipv4", "--ipv6"] {
        let answer = || Match::tcp().payload_contains("200 OK").received();
        let guards = [
            link.packet_rule(PacketRule::drop(Match::tcp().syn().first(1)))?,
            link.packet_rule(PacketRule::flip_bit(answer().first(1), 100, 3))?,
            link.packet_rule(PacketRule::duplicate(Match::tcp().ack_only(), 2))?,
            link.packet_rule(PacketRule::rewrite(answer(), |packet| {
                let old = packet.payload_mut();
                let at = old.windows(6).position(|it| it == b"server");
                if let Some(found) = at.and_then(|at| old.get_mut(at..at + 6)) {
                    found.copy_from_slice(b"packet");
                }
            }))?,
        ];
        let page = fetch(net.host("client"), &[family, "http://server/"])?;
        assert_eq!(page, "hello from the packet", "{family}");
        for guard in &guards {
            assert!(guard.hits() > 0, "{family}: {guard:?}");
        }
    }
    Ok(())
}

/// It serves who asked.
#[netns_test(topology = behind_nat())]
fn nginx_sees_the_router_in_place_of_curl_behind_it(net: &Network) -> TestResult {
    require(&["nginx", "curl"])?;
    let scratch = Scratch::new()?;
    let (client, server) = (net.host("client"), net.host("server"));
    let _outside = serve(server, &scratch, "$remote_addr")?;
    assert_eq!(fetch(client, &["http://server/"])?, "203.0.113.9");
    let _inside = serve(client, &scratch, "$remote_addr")?;
    assert_eq!(fetch(server, &["http://box/"])?, "203.0.113.80");
    Ok(())
}

#[netns_test(topology = lan())]
fn nginx_reads_its_configuration_again(net: &Network) -> TestResult {
    require(&["nginx", "curl"])?;
    let scratch = Scratch::new()?;
    let mut nginx = serve(net.host("server"), &scratch, "before")?;
    assert_eq!(fetch(net.host("client"), &["http://server/"])?, "before");
    configure(&scratch, "server", "after", STAY)?;
    nginx.signal(SIGHUP)?;
    nginx.expect_line("start worker process ")?;
    // Until the old one has gone it may answer as well.
    nginx.expect_line(" exited with code 0")?;
    assert_eq!(fetch(net.host("client"), &["http://server/"])?, "after");
    Ok(())
}

#[netns_test(topology = Topology::lan(["client", "red", "green", "blue"]))]
fn several_servers_have_port_80_at_the_same_time(net: &Network) -> TestResult {
    require(&["nginx", "curl"])?;
    let scratch = Scratch::new()?;
    let colours = ["red", "green", "blue"];
    let mut servers = Vec::new();
    for colour in colours {
        servers.push(serve(net.host(colour), &scratch, colour)?);
    }
    for colour in colours {
        let url = format!("http://{colour}/");
        assert_eq!(fetch(net.host("client"), &[&url])?, colour);
    }
    Ok(())
}

/// It is in the middle of an answer, and goes on where it stopped.
#[netns_test(topology = lan())]
fn curl_waits_for_a_paused_nginx_and_for_no_crashed_one(net: &Network) -> TestResult {
    require(&["nginx", "curl"])?;
    let scratch = Scratch::new()?;
    let (client, server) = (net.host("client"), net.host("server"));
    let _first = serve(server, &scratch, "first")?;
    let pause = server.pause()?;
    let mut curl = client.command("curl");
    let mut curl = curl
        .args(["--verbose", "--noproxy", "*", "http://10.1.0.2/"])
        .spawn()?;
    curl.expect_line("Trying 10.1.0.2")?;
    assert_eq!(curl.try_wait()?, None);
    pause.heal()?;
    assert!(curl.wait()?.success());
    assert_eq!(curl.stdout_text().trim(), "first");
    server.crash()?;
    let patience = ["--connect-timeout", "0.3", "http://10.1.0.2/"];
    let error = fetch(client, &patience).unwrap_err().to_string();
    // 7 would be a refusal.
    assert!(error.contains("exited with code 28"), "{error}");
    server.restart()?;
    let _second = serve(server, &scratch, "second")?;
    for url in ["http://10.1.0.2/", "http://[fd00:1::2]/"] {
        assert_eq!(fetch(client, &[url])?, "second");
    }
    Ok(())
}
