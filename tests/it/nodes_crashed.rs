//! Hosts that crash: what others see of it, and what becomes of what was in them.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use netns_test::{Family, Host, Network, Process, TestResult, Topology, netns_test};

use crate::{once, panic_text};

const ANSWER: Duration = Duration::from_secs(20);

fn lan() -> Topology {
    Topology::lan(["a", "b", "c"])
}

/// A connection from one host to another, where a program holds it.
fn held_by_program<'net>(
    net: &'net Network,
    family: Family,
) -> TestResult<(TcpStream, Process<'net>)> {
    let (a, b) = (net.host("a"), net.host("b"));
    let address = match family {
        Family::V4 => (b.ipv4(), 80).into(),
        Family::V6 => (b.ipv6(), 80).into(),
    };
    let address: std::net::SocketAddr = address;
    let listener = b.run(|| TcpListener::bind(address))?;
    let client = a.run(|| TcpStream::connect(address))?;
    client.set_read_timeout(Some(ANSWER))?;
    let (server, _) = listener.accept()?;
    let mut holder = b.command("sleep");
    let holder = holder.arg("1000").stdin(Stdio::from(OwnedFd::from(server)));
    Ok((client, holder.spawn()?))
}

fn is_there(process: &Process<'_>) -> bool {
    // One that has ended counts until somebody waits for it.
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

#[netns_test(topology = lan(), families(v4, v6))]
fn peers_hear_nothing_of_a_silent_crash(net: &Network) -> TestResult {
    let (mut client, mut holder) = held_by_program(net, net.families()[0])?;
    let (a, b) = (net.host("a"), net.host("b"));
    assert!(is_there(&holder));
    b.crash()?;
    assert!(!is_there(&holder));
    assert_eq!(holder.wait()?.to_string(), "signal: 9 (SIGKILL)");
    client.set_nonblocking(true)?;
    let silence = client.read(&mut [0]).unwrap_err();
    assert_eq!(silence.kind(), ErrorKind::WouldBlock);
    client.write_all(b"into the void")?;
    let address = b.socket_addr(80);
    let new = a.run(|| TcpStream::connect_timeout(&address, Duration::from_millis(300)));
    assert_eq!(new.unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(a.ping("b")?.received(), 0);
    // The others are on the same switch.
    a.ping_with("c", once)?.assert_lossless();
    Ok(())
}

#[netns_test(topology = lan(), families(v4, v6))]
fn peers_read_a_reset_where_it_was_asked_for(net: &Network) -> TestResult {
    let (mut client, holder) = held_by_program(net, net.families()[0])?;
    net.host("b").crash_with_resets()?;
    assert!(!is_there(&holder));
    let reset = client.read(&mut [0]).unwrap_err();
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    assert_eq!(net.host("a").ping("b")?.received(), 0);
    Ok(())
}

/// What is in the middle of the cable has no power of its own, either.
#[netns_test(topology = Topology::lan(["a", "b"]).wires())]
fn who_is_at_the_other_end_of_a_wire_notices(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let carries = || a.interface("eth0").map(|it| it.flags.lower_up());
    let cut = b.link("eth0").cut()?;
    b.crash()?;
    cut.heal()?;
    assert!(!carries()?);
    let cut = b.link("eth0").cut()?;
    b.restart()?;
    assert!(!carries()?);
    cut.heal()?;
    assert!(carries()?);
    a.ping_with("b", once)?.assert_lossless();
    Ok(())
}

/// The other end is what it is when a machine without power hangs there.
#[netns_test(topology = Topology::lan(["a", "b"]))]
fn the_far_end_of_the_cable_loses_its_carrier_and_nothing_else(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let (before, routes) = (a.interface("eth0")?, a.routes()?.to_string());
    b.crash()?;
    let after = a.interface("eth0")?;
    assert!(before.flags.lower_up() && !after.flags.lower_up());
    assert!(after.flags.up());
    assert_eq!(
        (after.index, after.mac, after.addresses),
        (before.index, before.mac, before.addresses)
    );
    let kept = a.routes()?.to_string().replace(" linkdown", "");
    assert_eq!(kept, routes);
    assert!(b.interfaces()?.iter().all(|it| !it.flags.up()));
    Ok(())
}

#[netns_test(topology = lan())]
fn threads_of_the_test_that_block_in_it_are_woken(net: &Network) -> TestResult {
    let b = net.host("b");
    let listener = b.run(|| TcpListener::bind("0.0.0.0:80"))?;
    let datagrams = b.run(|| std::net::UdpSocket::bind("[::]:9"))?;
    thread::scope(|scope| {
        let (begun, has_begun) = mpsc::channel();
        let told = begun.clone();
        let accepting = scope.spawn(move || {
            told.send(()).unwrap();
            listener.accept().map(drop)
        });
        let receiving = scope.spawn(move || {
            begun.send(()).unwrap();
            datagrams.recv(&mut [0]).map(drop)
        });
        has_begun.iter().take(2).for_each(drop);
        b.crash().unwrap();
        assert!(accepting.join().unwrap().is_err());
        assert!(receiving.join().unwrap().is_err());
    });
    Ok(())
}

#[netns_test(topology = lan())]
fn a_crashed_host_runs_nothing_and_says_so(net: &Network) -> TestResult {
    let b = net.host("b");
    let mut prepared = b.command("true");
    assert!(!b.is_crashed());
    b.crash()?;
    b.crash()?;
    b.crash_with_resets()?;
    assert!(b.is_crashed() && !net.host("a").is_crashed());
    let told = "failed to enter node `b`: it has crashed\n  help: `Host::restart` brings it back";
    assert_eq!(panic_text(|| b.run(|| ())), told);
    assert_eq!(panic_text(|| b.spawn(|| async {})), told);
    assert!(
        prepared
            .run()
            .unwrap_err()
            .to_string()
            .contains("it has crashed")
    );
    // Looks and pings of ours find a dead network there.
    assert_eq!(b.ping("a")?.received(), 0);
    assert!(b.routes()?.to_string().is_empty());
    assert_eq!(
        b.pause().unwrap_err().to_string(),
        "failed to pause host `b`: it has crashed\n  help: `Host::restart` brings it back"
    );
    // Healing is about trouble that has an end.
    net.heal()?;
    assert!(b.is_crashed());
    Ok(())
}

#[netns_test(topology = lan().host("agent", |h| h.share("root")))]
fn the_root_does_not_crash(net: &Network) {
    let help = "the test's own body runs in its network\n  help: let a host of its own do what is to crash; `Host::pause` stops the root's traffic";
    for name in ["root", "agent"] {
        let host = net.host(name);
        for (verb, refused) in [
            ("crash", host.crash()),
            ("crash", host.crash_with_resets()),
            ("restart", host.restart()),
        ] {
            let text = refused.unwrap_err().to_string();
            assert_eq!(text, format!("failed to {verb} host `{name}`: {help}"));
        }
    }
}

/// Answers each connection with what it says, for ever.
fn echo(host: Host<'_>) -> TestResult<mpsc::Receiver<()>> {
    use tokio::net::TcpListener;
    let (held, dropped) = mpsc::channel::<()>();
    let listener = host.run(|| std::net::TcpListener::bind("0.0.0.0:7"))?;
    listener.set_nonblocking(true)?;
    let _task = host.spawn(move || async move {
        let _held = held;
        let listener = TcpListener::from_std(listener).unwrap();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut from, mut to) = stream.split();
            tokio::io::copy(&mut from, &mut to).await.unwrap();
        }
    });
    Ok(dropped)
}

/// That it would panic when its connection is reset is not the test's failure.
#[netns_test(topology = lan())]
fn tasks_are_dropped_and_nobody_has_to_join_them(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    for with_resets in [false, true] {
        let dropped = echo(b)?;
        let mut client = a.run(|| TcpStream::connect(b.socket_addr(7)))?;
        client.write_all(b"hello")?;
        client.read_exact(&mut [0; 5])?;
        if with_resets {
            b.crash_with_resets()?;
        } else {
            b.crash()?;
        }
        assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected));
        client.set_nonblocking(true)?;
        let end = client.read(&mut [0]).unwrap_err().kind();
        assert_eq!(end == ErrorKind::ConnectionReset, with_resets, "{end}");
        b.restart()?;
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn a_task_that_does_not_end_is_named_and_its_host_has_crashed(net: &Network) -> TestResult {
    let b = net.host("b");
    let (release, waiting) = mpsc::channel::<()>();
    let (told, begun) = mpsc::channel();
    let _task = b.spawn(move || async move {
        told.send(()).unwrap();
        waiting.recv().unwrap_or_default();
    });
    begun.recv()?;
    let error = b.crash().unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("failed to crash host `b`: a task of host `b` still runs after "),
        "{text}"
    );
    assert!(error.is_timed_out() && b.is_crashed());
    drop(release);
    Ok(())
}

#[netns_test(topology = lan().host("sidecar", |h| h.share("b")))]
fn those_who_share_a_network_crash_and_come_back_together(net: &Network) -> TestResult {
    let (b, sidecar) = (net.host("b"), net.host("sidecar"));
    let sleeps = [b, sidecar].map(|host| host.command("sleep").arg("1000").spawn().unwrap());
    b.crash()?;
    assert!(sidecar.is_crashed() && !sleeps.iter().any(is_there));
    sidecar.restart()?;
    assert!(!b.is_crashed());
    let listener = b.run(|| TcpListener::bind("127.0.0.1:80"))?;
    sidecar.run(|| TcpStream::connect(listener.local_addr().unwrap()))?;
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[cfg(feature = "dns")]
#[netns_test(topology = lan())]
fn a_server_of_the_tests_own_ends_with_its_host(net: &Network) -> TestResult {
    use netns_test::Zone;
    let b = net.host("b");
    let zone = || Zone::new("example.test").a("www", "10.1.0.2");
    let server = b.serve_dns(zone())?;
    b.crash()?;
    assert!(server.queries().is_empty());
    b.restart()?;
    // The port is free again.
    let _next = b.serve_dns(zone())?;
    drop(server);
    Ok(())
}
