//! Two homes, each behind a router that translates addresses, and a rendezvous server between them: who can talk to whom directly?
//!
//! A peer behind a router cannot be called. So both peers send to a server first, which tells each where the other one's packets seem
//! to come from. Then they send to one another at the same time: each one's packets make its own router let the other one's in. This is
//! called UDP hole punching. Whether it works depends on the kinds of both routers, as RFC 4787 and RFC 5128 say. Look for:
//! - the lower right corner: a symmetric router sends from another port to the peer than to the server. Who lets in only what
//!   comes from the very port that it has sent to never hears of it;
//! - the restricted cone beside the symmetric one: it asks for the right address only, and so it works.
//!
//! No program is run and nothing is left behind: `cargo run --example home_nat`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::io::{Error, Result};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use netns_test::NatKind::{PortRestrictedCone, Symmetric};
use netns_test::{HostSpec, NatKind, Network, TestResult, Topology};

/// How often both peers send.
const ROUNDS: usize = 4;
const SERVER: &str = "203.0.113.1:3478";

fn main() -> TestResult {
    println!(
        "{:22}{}",
        "",
        NatKind::ALL.map(|kind| format!("{kind:22}")).concat()
    );
    let mut wrong = 0;
    for left in NatKind::ALL {
        print!("{left:22}");
        for right in NatKind::ALL {
            let works = netns_test::run(&two_homes(left, right), punch)??;
            let verdict = match (works, theory(left, right)) {
                (true, true) => "works",
                (false, false) => "fails, as it must",
                (true, false) => "WORKS AGAINST THEORY",
                (false, true) => "FAILS AGAINST THEORY",
            };
            wrong += usize::from(works != theory(left, right));
            print!("{verdict:22}");
        }
        println!();
    }
    match wrong {
        0 => Ok(()),
        some => Err(format!("{some} of 16 pairs are not as in theory").into()),
    }
}

/// A symmetric router's port for the peer is known to nobody before the peer has seen it, and these never see it.
fn theory(left: NatKind, right: NatKind) -> bool {
    let strict = |kind| matches!(kind, PortRestrictedCone | Symmetric);
    let symmetric = left == Symmetric || right == Symmetric;
    !(symmetric && strict(left) && strict(right))
}

fn two_homes(left: NatKind, right: NatKind) -> Topology {
    let home = |name: &'static str, kind: NatKind| {
        move |r: HostSpec| {
            r.join(name)
                .join("internet")
                .nat("internet", |n| n.kind(kind))
        }
    };
    Topology::new()
        .segment("internet", "203.0.113.0/24")
        .segment("home1", "192.168.1.0/24")
        .segment("home2", "192.168.2.0/24")
        .host("server", |h| h.attach("internet", "203.0.113.1/24"))
        .router("box1", home("home1", left))
        .router("box2", home("home2", right))
        .host("peer1", |h| h.join("home1"))
        .host("peer2", |h| h.join("home2"))
}

/// Whether both peers hear of one another.
fn punch(net: &Network) -> Result<bool> {
    let server = net.host("server").run(|| UdpSocket::bind(SERVER))?;
    let peer = |name: &str| {
        Peer::meet(
            net.host(name).run(|| UdpSocket::bind("0.0.0.0:0"))?,
            &server,
        )
    };
    let mut peers = [peer("peer1")?, peer("peer2")?];
    let [mut target1, mut target2] = [peers[1].outside, peers[0].outside];
    for _ in 0..ROUNDS {
        peers[0].socket.send_to(b"hello", target1)?;
        peers[1].socket.send_to(b"hello", target2)?;
        target1 = peers[0].listen(&server)?.unwrap_or(target1);
        target2 = peers[1].listen(&server)?.unwrap_or(target2);
    }
    Ok(peers.iter().all(|peer| peer.has_heard))
}

struct Peer {
    socket: UdpSocket,
    /// Where its packets come from, as the server sees it.
    outside: SocketAddr,
    has_heard: bool,
}

impl Peer {
    /// Sends to the server, which sees where from.
    fn meet(socket: UdpSocket, server: &UdpSocket) -> Result<Self> {
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        socket.send_to(b"hello", SERVER)?;
        let (_, outside) = server.recv_from(&mut [0; 9])?;
        Ok(Self {
            socket,
            outside,
            has_heard: false,
        })
    }

    /// Takes what has come so far, and says where the other peer's packets come from. The server's word is behind them: nobody waits.
    fn listen(&mut self, server: &UdpSocket) -> Result<Option<SocketAddr>> {
        server.send_to(b"go on", self.outside)?;
        let here: SocketAddr = SERVER.parse().map_err(Error::other)?;
        let mut seen = None;
        loop {
            match self.socket.recv_from(&mut [0; 9])? {
                (_, from) if from == here => return Ok(seen),
                (_, from) => {
                    self.has_heard = true;
                    seen = Some(from);
                }
            }
        }
    }
}
