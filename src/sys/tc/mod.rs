//! The kernel's traffic control: two ports joined, and trouble for what leaves by one of them.
//!
//! Ports are interfaces in the namespace of the socket, which nobody else uses. Whoever sends stands in another one: the kernel tells a
//! sender of drops in the sender's own qdiscs, as no real link would, and of these it tells nobody.
//!
//! netem flips a bit anywhere in a frame, its addresses included, and no seed says which. A packet that is to be lost and doubled arrives once.
//!
//! See [tc(8)](https://man7.org/linux/man-pages/man8/tc.8.html).

mod lack;
mod limits;
mod loss;
mod message;
mod netem;
mod redirect;
mod statistics;
mod tbf;
#[cfg(test)]
mod tests;
mod tree;

use crate::error::{Error, Kind, Result};
use crate::feature::Feature;
use crate::impairment::Impairment;
use crate::sys::netlink::Refusal;
pub(crate) use crate::sys::netlink::raw::RawSocket as Socket;
use crate::view::WayCounters;
use redirect::Matcher;
use tree::{Present, Tree};

/// A socket for such requests, in the calling thread's network.
pub(crate) fn open() -> std::io::Result<Socket> {
    Socket::open(libc::NETLINK_ROUTE)
}

/// Joins two ports: what comes in by one leaves by the other. Doing it twice is doing it once.
///
/// # Errors
///
/// The kernel lacks what it takes: the error names the feature.
pub(crate) fn join(socket: &mut Socket, ports: [u32; 2]) -> Result<()> {
    let [one, other] = ports;
    let joined = lead(socket, one, other).and_then(|()| lead(socket, other, one));
    if joined.is_err() {
        // Half a cable is none; the first error is the one that matters.
        drop(part(socket, ports));
    }
    joined
}

/// Parts them, if they are joined.
pub(crate) fn part(socket: &mut Socket, ports: [u32; 2]) -> Result<()> {
    for port in ports {
        redirect::leave(socket, port).map_err(|it| it.during("remove qdisc `ingress`"))?;
    }
    Ok(())
}

/// What comes in by one port leaves by the other.
fn lead(socket: &mut Socket, from: u32, to: u32) -> Result<()> {
    let ingress = socket.ask(redirect::ingress(from));
    ingress.map_err(|it| lack::failure(Feature::Ingress, "RTM_NEWQDISC (ingress)", it))?;
    let mirred = redirect_all(socket, from, to);
    mirred.map_err(|it| lack::failure(Feature::Mirred, "RTM_NEWTFILTER (mirred)", it))
}

/// The filter, of the first kind that the kernel has.
pub(crate) fn redirect_all(socket: &mut Socket, from: u32, to: u32) -> Result<(), Refusal> {
    match socket.ask(redirect::filter(Matcher::Matchall, from, to)) {
        Err(refusal) if refusal.errno == libc::ENOENT => {
            socket.ask(redirect::filter(Matcher::U32, from, to))
        }
        result => result,
    }
}

/// Gives what leaves by a port, in frames of at most `longest` bytes, its trouble, or with `None` takes it away. Whether the kernel keeps
/// the seed, which those before 6.6 do not.
///
/// What is under way stays so; what comes after it may overtake it if the delay is shorter now. The first trouble of a port alone
/// costs what is sent at that very moment.
///
/// # Errors
///
/// The kernel cannot do it (see [`cannot`]), lacks what it takes, or has made something else of it.
pub(crate) fn impair(
    socket: &mut Socket,
    leaving: u32,
    longest: u32,
    what: Option<&Impairment>,
    seed: u64,
) -> Result<bool> {
    let present = Present::look(socket, leaving)?;
    if what.is_none() && present.is_nothing() {
        return Ok(true);
    }
    let none = Impairment::new();
    let what = what.unwrap_or(&none);
    if let Some(why) = cannot(what) {
        let error = Error::new(Kind::Invalid, "impair a link by the kernel", why);
        return Err(error.help(lack::WIRE));
    }
    let mut tree = Tree::of(what, present, longest, seed);
    if !present.is_nothing() && matches!(tree.compare(socket, leaving), Ok(true)) {
        // To say the same again would begin the seed's numbers again.
        return Ok(true);
    }
    let done = tree.put(socket, leaving, netem::is_needed(what));
    let done = done.and_then(|()| tree.compare(socket, leaving));
    if done.is_err() && present.is_nothing() {
        // A part of the trouble is none; the first error is the one that matters.
        drop(tree::clear(socket, leaving));
    }
    done
}

/// What became of the packets that were to leave by a port, since its trouble began.
pub(crate) fn statistics(socket: &mut Socket, leaving: u32) -> Result<WayCounters> {
    statistics::of(socket, leaving, [message::ROOT, tree::BELOW_NETEM])
}

/// Why only our own wire can do this; nothing if the kernel can.
pub(crate) fn cannot(what: &Impairment) -> Option<String> {
    limits::cannot(what)
}
