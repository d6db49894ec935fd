//! Black holes of path MTU discovery: uploads stall, and what people do about it helps.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use netns_test::{HostSpec, LinkEnd, Network, TestResult, Topology, netns_test};

const SIZE: usize = 1_000_000;
const SILENCE: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(30);

/// Two lans, and between their routers a link for 1,300 bytes.
fn narrow(
    first_router: impl FnOnce(HostSpec) -> HostSpec,
    sender: impl FnOnce(HostSpec) -> HostSpec,
) -> Topology {
    let end = |name: &str| LinkEnd::new(name, |i| i.mtu(1300));
    Topology::new()
        .segment("left", ())
        .segment("right", ())
        .host("a", |h| sender(h.join("left")))
        .host("b", |h| h.join("right"))
        .router("r1", |r| first_router(r.join("left")))
        .router("r2", |r| r.join("right"))
        .link(end("r1"), end("r2"))
}

/// What arrives of a short word and of a large upload behind it, in bytes.
fn upload(net: &Network, v4: bool, limit: Duration) -> TestResult<usize> {
    let (a, b) = (net.host("a"), net.host("b"));
    let address: IpAddr = if v4 { b.ipv4().into() } else { b.ipv6().into() };
    let listener = b.run(|| TcpListener::bind("[::]:80"))?;
    let stream = a.run(|| TcpStream::connect((address, 80)))?;
    let mut receiver = listener.accept()?.0;
    (&stream).write_all(b"word")?;
    receiver.read_exact(&mut [0; 4])?;
    receiver.set_read_timeout(Some(limit))?;
    Ok(std::thread::scope(|scope| {
        // It ends with an error when the stream is shut down.
        scope.spawn(|| {
            let written = (&stream).write_all(&vec![7; SIZE]);
            drop(written.and_then(|()| stream.shutdown(Shutdown::Write)));
        });
        let (mut arrived, mut buffer) = (0, vec![0; 65536]);
        loop {
            match receiver.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => arrived += length,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                    break;
                }
            }
        }
        drop(stream.shutdown(Shutdown::Both));
        arrived
    }))
}

#[netns_test(topology = narrow(|r| r, |a| a))]
fn a_narrow_link_is_found_by_those_who_are_told(net: &Network) -> TestResult {
    for v4 in [true, false] {
        assert_eq!(upload(net, v4, ANSWER)?, SIZE);
    }
    Ok(())
}

#[netns_test(topology = narrow(HostSpec::pmtu_black_hole, |a| a))]
fn in_a_black_hole_nothing_large_arrives(net: &Network) -> TestResult {
    for v4 in [true, false] {
        assert_eq!(upload(net, v4, SILENCE)?, 0);
    }
    assert!(net.host("r1").counter("path mtu")?.packets >= 2);
    Ok(())
}

#[netns_test(topology = narrow(|r| r.pmtu_black_hole().clamp_mss(), |a| a))]
fn clamping_segments_mends_it(net: &Network) -> TestResult {
    for v4 in [true, false] {
        assert_eq!(upload(net, v4, ANSWER)?, SIZE);
    }
    assert_eq!(net.host("r1").counter("path mtu")?.packets, 0);
    Ok(())
}

fn probing() -> Topology {
    narrow(HostSpec::pmtu_black_hole, |a| {
        a.sysctl("net.ipv4.tcp_mtu_probing", 2)
    })
}

#[netns_test(topology = probing())]
fn so_does_probing(net: &Network) -> TestResult {
    for v4 in [true, false] {
        assert_eq!(upload(net, v4, ANSWER)?, SIZE);
    }
    Ok(())
}
