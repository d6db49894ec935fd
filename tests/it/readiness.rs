//! Waiting for what a test needs: listeners and conditions.

use std::cell::Cell;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use netns_test::{
    Listening, Network, SocketProtocol, SocketState, TestResult, Topology, eventually,
    eventually_async, netns_test,
};

use crate::seconds;

const SOON: Duration = Duration::from_secs(10);
/// For what must not come.
const BRIEFLY: Duration = Duration::from_millis(20);

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// At first nobody listens; then a thread of the host does, and the wait is over.
#[track_caller]
fn assert_waits_for<S>(net: &Network, port: Listening, bind: impl Fn() -> S + Send) {
    let server = net.host("server");
    assert!(
        server
            .wait_listening(port.within(Duration::ZERO))
            .unwrap_err()
            .is_timed_out()
    );
    let (now, wait) = mpsc::channel();
    let (done, until_done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            server.run(move || {
                wait.recv().unwrap();
                let _socket = bind();
                until_done.recv().unwrap_err();
            });
        });
        now.send(()).unwrap();
        server.wait_listening(port).unwrap();
        drop(done);
    });
}

#[netns_test(topology = lan())]
fn a_listener_is_waited_for_in_either_family(net: &Network) {
    let port = Listening::tcp(80);
    for address in ["0.0.0.0:80", "10.1.0.2:80", "[fd00:1::2]:80", "[::]:80"] {
        assert_waits_for(net, port, || TcpListener::bind(address).unwrap());
        let closed = || net.host("server").sockets().unwrap().is_empty();
        eventually(SOON, closed).unwrap();
    }
}

#[netns_test(topology = Topology::new().link(
    netns_test::LinkEnd::new("client", |i| i.address("10.0.0.1/24")),
    netns_test::LinkEnd::new("server", |i| i.address("10.0.0.2/24")),
).host("client", |h| h).host("server", |h| h))]
fn a_network_without_ipv6_addresses_will_do(net: &Network) {
    assert_waits_for(net, Listening::tcp(80), || {
        TcpListener::bind("10.0.0.2:80").unwrap()
    });
}

#[netns_test(topology = lan())]
fn a_udp_socket_is_waited_for(net: &Network) {
    for address in ["0.0.0.0:53", "[fd00:1::2]:53"] {
        assert_waits_for(net, Listening::udp(53), || {
            UdpSocket::bind(address).unwrap()
        });
    }
}

/// A UDP socket that is connected takes nothing from anybody else, and an accepted connection is no listener.
#[netns_test(topology = lan(), inside = "server")]
fn what_is_connected_does_not_listen(net: &Network) -> TestResult {
    let server = net.host("server");
    let resolver = UdpSocket::bind("10.1.0.2:53")?;
    resolver.connect("10.1.0.1:5353")?;
    let briefly = Listening::udp(53).within(BRIEFLY);
    assert!(server.wait_listening(briefly).is_err());

    let listener = TcpListener::bind("10.1.0.2:80")?;
    let _client = net
        .host("client")
        .run(|| TcpStream::connect("10.1.0.2:80"))?;
    let _accepted = listener.accept()?;
    drop(listener);
    let briefly = Listening::tcp(80).within(BRIEFLY);
    assert!(server.wait_listening(briefly).is_err());
    Ok(())
}

#[netns_test(topology = lan(), inside = "server")]
fn a_wait_in_vain_says_who_listens_there(net: &Network) -> TestResult {
    let server = net.host("server");
    let missed = |port: Listening| {
        let error = server.wait_listening(port.within(BRIEFLY)).unwrap_err();
        assert!(error.is_timed_out());
        error.to_string()
    };
    let nobody = format!(
        "failed to wait for a listener on TCP port 80 of host `server`: nobody listened within {}",
        seconds(BRIEFLY)
    );
    assert_eq!(
        missed(80.into()),
        format!(
            "{nobody}\n  \
             listening there: nothing\n  \
             help: for a server that needs more time: `Listening::tcp(80).within(..)`"
        )
    );
    let _listener = TcpListener::bind("0.0.0.0:8080")?;
    let _other = TcpListener::bind("[::1]:53")?;
    let _socket = UdpSocket::bind("10.1.0.2:80")?;
    assert_eq!(
        missed(80.into()),
        format!(
            "{nobody}\n  \
             listening there: tcp [::1]:53, tcp 0.0.0.0:8080, udp 10.1.0.2:80\n  \
             help: UDP port 80 is open: to wait for that, `Listening::udp(80)`"
        )
    );
    // The usual mistake: the server was started where the test's body is.
    let _lost = net.root().run(|| UdpSocket::bind("0.0.0.0:53"))?;
    let text = missed(Listening::udp(53));
    assert!(
        text.starts_with("failed to wait for a listener on UDP port 53 of host `server`: "),
        "{text}"
    );
    assert!(
        text.ends_with(
            "\n  help: there is one in node `root`: start the server inside of `server`"
        ),
        "{text}"
    );
    Ok(())
}

/// The server sees nothing of a wait: no connection is in its queue, and none ever was.
#[netns_test(topology = lan(), inside = "server")]
fn waiting_never_connects(net: &Network) -> TestResult {
    let server = net.host("server");
    let listener = TcpListener::bind("0.0.0.0:80")?;
    listener.set_nonblocking(true)?;
    for _ in 0..20 {
        server.wait_listening(80)?;
    }
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    let sockets = server.sockets()?;
    assert_eq!(sockets.len(), 1);
    assert_eq!(
        (sockets[0].state, sockets[0].receive_queue),
        (SocketState::Listen, 0)
    );
    Ok(())
}

/// A table of several pages, which the kernel gives out in pieces.
#[netns_test(topology = lan(), inside = "server")]
fn a_thousand_sockets_are_seen(net: &Network) -> TestResult {
    let ports = 10_000..10_500;
    let listeners: Result<Vec<_>, _> = ports
        .clone()
        .map(|port| TcpListener::bind(("0.0.0.0", port)))
        .collect();
    let receivers: Result<Vec<_>, _> = ports
        .clone()
        .map(|port| UdpSocket::bind(("::", port)))
        .collect();
    let (_listeners, _receivers) = (listeners?, receivers?);
    let server = net.host("server");
    let sockets = server.sockets()?;
    assert_eq!(sockets.len(), 1000);
    for protocol in [SocketProtocol::Tcp, SocketProtocol::Udp] {
        let of_this = sockets.iter().filter(|it| it.protocol == protocol);
        let mut seen: Vec<u16> = of_this.map(|it| it.local.port()).collect();
        seen.sort_unstable();
        assert_eq!(seen, ports.clone().collect::<Vec<_>>());
    }
    server.wait_listening(10_499)?;
    let error = server
        .wait_listening(Listening::tcp(1).within(BRIEFLY))
        .unwrap_err();
    assert!(error.to_string().contains(", and 988 more\n"), "{error}");
    Ok(())
}

/// The server is a task of the body's only thread: it starts while it is waited for, or never.
#[netns_test(topology = lan(), inside = "server")]
async fn a_task_of_the_same_thread_is_waited_for(net: &Network) -> TestResult {
    let server = net.host("server");
    let task = tokio::spawn(async { tokio::net::TcpListener::bind("0.0.0.0:80").await });
    server.wait_listening_async(80).await?;
    drop(task.await??);
    let late = Listening::udp(53).within(BRIEFLY);
    let error = server.wait_listening_async(late).await.unwrap_err();
    assert!(error.is_timed_out());
    let nobody = format!(
        "failed to wait for a listener on UDP port 53 of host `server`: nobody listened within {}\n",
        seconds(BRIEFLY)
    );
    assert!(error.to_string().starts_with(&nobody), "{error}");
    Ok(())
}

#[netns_test(topology = lan())]
fn an_attempt_may_be_of_any_kind(net: &Network) -> TestResult {
    let tries = Cell::new(0);
    let third = || {
        tries.set(tries.get() + 1);
        tries.get() % 3 == 0
    };
    eventually(SOON, third)?;
    assert_eq!(tries.get(), 3);
    assert_eq!(eventually(SOON, || third().then_some("there"))?, "there");
    let server = net.host("server");
    let connect = || {
        server
            .run(|| TcpStream::connect("127.0.0.1:80"))?
            .set_nodelay(true)?;
        TestResult::Ok(80)
    };
    let _listener = server.run(|| TcpListener::bind("0.0.0.0:80"))?;
    assert_eq!(eventually(SOON, connect)?, 80);
    Ok(())
}

/// It tries first: what holds already needs no time at all.
#[netns_test]
fn an_attempt_is_made_even_without_time() {
    eventually(Duration::ZERO, || true).unwrap();
    eventually(Duration::MAX, || true).unwrap();
    let mut tries = 0;
    let error = eventually(Duration::ZERO, || {
        tries += 1;
        false
    });
    assert_eq!(tries, 1);
    let text = error.unwrap_err().to_string();
    assert!(text.contains("within 0 s: 1 attempt in 0."), "{text}");
    assert!(text.ends_with(" s\n  last: false"), "{text}");
}

#[netns_test]
fn a_failure_tells_the_line_the_attempts_and_the_last_value() {
    let mut tries = 0;
    let limit = Duration::from_millis(250);
    let line = line!() + 1;
    let error = eventually(limit, || {
        tries += 1;
        TcpStream::connect("127.0.0.1:80")
            .map_err(|error| format!("{} at try {tries}", error.kind()))
    })
    .unwrap_err();
    assert!(error.is_timed_out());
    let text = error.to_string();
    let place = format!(
        "failed to see the attempt at {}:{line}:17 succeed within {}: {tries} attempts in ",
        file!(),
        seconds(limit)
    );
    assert!(text.starts_with(&place), "{place}\n{text}");
    assert!(
        text.ends_with(&format!(" s\n  last: connection refused at try {tries}")),
        "{text}"
    );
    assert!(tries > 1);
}

/// Its attempts let the server's task run, and one that does not end is no reason to wait for ever.
#[netns_test]
async fn an_async_attempt_lets_others_run(_net: &Network) -> TestResult {
    let server = tokio::spawn(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:80").await?;
        listener.accept().await
    });
    let mut tries = 0;
    let connect = async || {
        tries += 1;
        tokio::net::TcpStream::connect("127.0.0.1:80").await
    };
    let _client = eventually_async(SOON, connect).await?;
    server.await??;
    assert!(tries > 1, "the first attempt comes before the server");

    let line = line!() + 1;
    let error = eventually_async(BRIEFLY, async || std::future::pending::<bool>().await).await;
    let text = error.unwrap_err().to_string();
    let place = format!("the attempt at {}:{line}:17 succeed", file!());
    assert!(text.contains(&place), "{text}");
    assert!(
        text.ends_with("\n  last: the attempt did not end"),
        "{text}"
    );
    let error = eventually_async(BRIEFLY, async || None::<u8>).await;
    assert!(error.unwrap_err().to_string().ends_with("\n  last: None"));
    Ok(())
}

/// Who waits for a server that is not there any more is told how it ended.
#[netns_test(topology = Topology::lan(["client", "server"]))]
fn a_server_that_has_ended_is_told(net: &Network) -> TestResult {
    let server = net.host("server");
    let mut shell = server
        .command("sh")
        .args(["-c", "echo no such port >&2; exit 2"])
        .spawn()?;
    // Nobody waits for it: how it ended is known all the same.
    shell.expect_line("no such port")?;
    eventually(Duration::from_secs(10), || {
        let waited = server.wait_listening(Listening::tcp(80).within(Duration::from_millis(1)));
        let text = waited.expect_err("nobody listens").to_string();
        let told = "\n  ended there: `sh -c \"echo no such port >&2; exit 2\"`, it exited with code 2\n  help: ";
        text.contains(told).then_some(()).ok_or(text)
    })?;
    Ok(())
}
