//! Hosts that crash.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::live::{LiveNode, Parts};
use crate::sys::netlink::{self, look};
use crate::sys::reset::Resetter;
use crate::sys::silence::Silencer;
use crate::trouble::{cut, pause};
use crate::view::Interface;
use crate::worker;

/// The root's position in every plan.
const ROOT: usize = 0;

impl Host<'_> {
    /// Lets the host lose its power: nothing leaves it any more, and everything in it ends.
    ///
    /// Its links go down, so that the other end of each of its cables loses the carrier, and keeps its addresses and routes; behind a
    /// switch nobody notices. Established connections of others are not told: their packets get lost.
    /// Who connects anew waits in vain, until a neighbour on the same segment, after some three seconds, reports the host unreachable.
    ///
    /// Then its programs are killed, its tasks dropped where they await (as when the network closes), its DNS servers and advertisers
    /// ended. Sockets that were opened in it are closed by the kernel, also those that the test's own threads hold: whoever blocks in
    /// one gets an error (a kernel without `CONFIG_INET_DIAG_DESTROY` leaves them open, and cut off). A thread in [`run`](Self::run)
    /// goes on, in a dead network.
    ///
    /// From then on nothing can be run in the host: [`run`](Self::run) panics and programs do not start, each with a text that says so,
    /// until [`restart`](Self::restart). Looks at it show the interfaces, all of them down. Hosts that share a network crash together. The
    /// second crash of a host does nothing.
    ///
    /// # Errors
    ///
    /// It is the root or shares its network: the test's body runs there. A task did not end: the host has crashed nonetheless. The kernel
    /// refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let b = net.host("b");
    /// b.crash().unwrap();
    /// assert!(b.is_crashed());
    /// assert!(!net.host("a").interface("eth0").unwrap().flags.lower_up());
    /// b.restart().unwrap();
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    #[doc(alias = "kill")]
    #[doc(alias = "power_off")]
    pub fn crash(self) -> Result<()> {
        self.crash_in_turn(Ending::Silent)
    }

    /// The same, but the kernel of the host resets its TCP connections first: peers read `ECONNRESET`.
    ///
    /// That is what others see of a host that comes down in order, or of one that is back so soon that it answers for connections that it
    /// does not know. Its programs are stopped before, so that none of them gets to close a connection in its own way. What its tasks
    /// panic with meanwhile is not counted as a failure of the test. A paused host sends no resets.
    ///
    /// # Errors
    ///
    /// As [`crash`](Self::crash), and the kernel cannot reset connections ([`is_unsupported`](crate::Error::is_unsupported)): then
    /// nothing has happened.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{ErrorKind, Read};
    /// use std::net::{TcpListener, TcpStream};
    ///
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let (a, b) = (net.host("a"), net.host("b"));
    /// let listener = b.run(|| TcpListener::bind("0.0.0.0:80")).unwrap();
    /// let mut client = a.run(|| TcpStream::connect(b.socket_addr(80))).unwrap();
    /// let _server = listener.accept().unwrap();
    /// b.crash_with_resets().unwrap();
    /// assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    /// # }).unwrap();
    /// ```
    ///
    /// See `SOCK_DESTROY` in [ss(8)](https://man7.org/linux/man-pages/man8/ss.8.html), option `--kill`.
    pub fn crash_with_resets(self) -> Result<()> {
        self.crash_in_turn(Ending::WithResets)
    }

    /// Whether the host has crashed, and has not been restarted.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert!(!net.host("a").is_crashed());
    /// # }).unwrap();
    /// ```
    pub fn is_crashed(self) -> bool {
        self.live().has_crashed()
    }

    fn crash_in_turn(self, ending: Ending) -> Result<()> {
        may_crash(self, "crash")?;
        let _turn = self.parts().turn();
        if self.is_crashed() {
            return Ok(());
        }
        crash(self, ending, &format!("crash host `{}`", self.name()))
    }
}

/// What others hear of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Silent,
    WithResets,
}

pub(super) fn may_crash(host: Host<'_>, verb: &str) -> Result<()> {
    if host.parts().plan.namespace_of(host.node()) != ROOT {
        return Ok(());
    }
    let what = format!("{verb} host `{}`", host.name());
    Err(Error::new(
        Kind::Invalid,
        what,
        "the test's own body runs in its network",
    )
    .help("let a host of its own do what is to crash; `Host::pause` stops the root's traffic"))
}

/// Takes down the network of a host that is up. `what` completes "failed to ...".
pub(super) fn crash(host: Host<'_>, ending: Ending, what: &str) -> Result<()> {
    let parts = host.parts();
    let node = parts.plan.namespace_of(host.node());
    let (live, sharing) = (parts.node(node), parts.sharing(node));
    // Both stay in the namespace in which they were opened.
    let (silencer, resetter) = worker::run_in(live, || (Silencer::open(), Resetter::open()))?;
    let (silencer, mut resetter) = (silencer?, resetter);
    let panicked = parts.runtimes.panics().all().len();
    if ending == Ending::WithResets {
        reset(parts, node, &mut resetter, what)?;
    }
    // What is closed now must not say goodbye, and what sends must not learn from an error that it is cut off.
    let interfaces = look::interfaces(&mut live.netlink())?;
    mute(live, silencer, &interfaces);
    live.outage.crashed.store(true, Ordering::SeqCst);
    for &position in &sharing {
        parts.kill_programs(position);
        parts.services.end_in(position);
    }
    let mut close_sockets = || {
        // Where the kernel cannot, they are cut off.
        drop(resetter.as_mut().map(Resetter::close_all));
    };
    let ended = parts.runtimes.end_in(&sharing, what, &mut close_sockets);
    close_sockets();
    let lowered = lower(live, &interfaces);
    let noticed = cut::pull(parts, &cut::beyond(&parts.plan, node));
    if ending == Ending::WithResets {
        excuse(parts, &sharing, panicked);
    }
    ended.and(lowered).and(noticed)
}

/// Resets all connections while packets still leave.
fn reset(
    parts: &Arc<Parts>,
    node: usize,
    resetter: &mut io::Result<Resetter>,
    what: &str,
) -> Result<()> {
    pause::stop_programs(parts, node, true)?;
    let closed = match resetter {
        Ok(resetter) => resetter.close_all(),
        Err(cause) => Err(io::Error::from(cause.kind())),
    };
    let Err(cause) = closed else {
        return Ok(());
    };
    pause::stop_programs(parts, node, parts.node(node).is_paused())?;
    let what = format!("{what} with resets");
    let cause = format!("this kernel cannot reset connections ({cause})");
    Err(Error::new(Kind::Unsupported, what, cause)
        .help("it needs CONFIG_INET_DIAG, CONFIG_INET_UDP_DIAG and CONFIG_INET_DIAG_DESTROY; `Host::crash` needs none of them"))
}

/// Lets nothing leave any more. An interface that cannot be muted is lowered at once.
fn mute(live: &LiveNode, mut silencer: Silencer, interfaces: &[Interface]) {
    for it in interfaces {
        if silencer.mute(&it.name, it.index).is_err() {
            let request = netlink::set_up(&it.name, it.index, false);
            // What is left of it is lowered with all others, which tells if it cannot be.
            drop(live.netlink().execute(vec![request]));
        }
    }
}

fn lower(live: &LiveNode, interfaces: &[Interface]) -> Result<()> {
    let lower = |it: &Interface| netlink::set_up(&it.name, it.index, false);
    let requests = interfaces.iter().map(lower).collect();
    live.netlink()
        .execute(requests)
        .map_err(|error| error.inside(&live.name))
}

fn excuse(parts: &Parts, sharing: &[usize], since: usize) {
    for &position in sharing {
        let host = &parts.node(position).name;
        parts.runtimes.panics().excuse(host, since);
    }
}
