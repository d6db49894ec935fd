//! Trying packets of several sizes that no router may cut up.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::super::echo::{
    Refusal, identifier, later, parse, refused_socket, request, socket_address,
};
use super::report::{Limit, PathMtu};
use crate::error::{Error, Result, errno_text};
use crate::probe::Responder;
use crate::settings;
use crate::sys::packet::{self, IcmpSocket};
use crate::wire::icmp::{self, Message};

/// What every link carries, by the standard of IPv4.
const SMALL: usize = 68;
/// How often a packet must get lost to be one that does not pass.
const ATTEMPTS: usize = 3;
/// How long anybody has to answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);
/// By how much a large packet may be overtaken by a small one that left after it: on a machine with several processors they
/// may wait in different queues.
const OVERTAKEN_BY: Duration = Duration::from_millis(30);

/// Finds the largest packet that arrives at `target` from the calling thread's namespace. `name` is what the caller calls the target.
///
/// A link-local target needs the `scope_id` of the interface to leave by; for others it is 0.
pub(crate) fn run(target: IpAddr, scope_id: u32, name: &str) -> Result<PathMtu> {
    let what = || format!("measure the path MTU to `{name}`");
    let socket = IcmpSocket::new(target.is_ipv4())
        .map_err(|cause| refused_socket(cause).into_error(what()))?;
    socket
        .probe_mtu()
        .map_err(|cause| Refusal::new(cause, "while forbidding fragments").into_error(what()))?;
    let search = Search::new(socket, socket_address(target, scope_id));
    let found = search
        .complete()
        .map_err(|cause| Error::kernel(what(), cause))?;
    Ok(PathMtu {
        name: name.to_owned(),
        target,
        found,
    })
}

struct Search {
    socket: IcmpSocket,
    to: SocketAddr,
    identifier: u16,
    /// The size of each packet, by its sequence number, and whether it arrived.
    sent: Vec<(usize, bool)>,
    /// The largest size that arrived.
    low: usize,
    /// The largest size that may arrive, and why no larger one does.
    high: usize,
    limit: Limit,
    /// Why not even a small packet arrived.
    refusal: Option<String>,
    /// How long a small packet and its answer took.
    round_trip: Duration,
}

impl Search {
    fn new(socket: IcmpSocket, to: SocketAddr) -> Self {
        Self {
            socket,
            to,
            identifier: identifier(),
            sent: Vec::new(),
            low: 0,
            high: largest(to),
            limit: Limit::FirstLink,
            refusal: None,
            round_trip: Duration::ZERO,
        }
    }

    /// The size, and what limits it; the inner error says why nothing arrives.
    fn complete(mut self) -> io::Result<Result<(u32, Limit), String>> {
        if !self.greet()? {
            let why = self.refusal.take();
            return Ok(Err(why.unwrap_or_else(|| "no answer".to_owned())));
        }
        self.ask_own_kernel()?;
        // What somebody says would pass is tried first; if it does not, or nobody says anything, halving finds the size.
        let mut size = self.high;
        while self.low < self.high {
            let said = self.high;
            self.ask(size)?;
            size = if self.high < said && self.limit != Limit::Silence {
                self.high
            } else {
                (self.low + self.high).div_ceil(2)
            };
        }
        // It fits: no length of a packet has more than 17 bits.
        Ok(Ok((self.low as u32, self.limit)))
    }

    /// Whether a small packet arrives.
    fn greet(&mut self) -> io::Result<bool> {
        for _ in 0..ATTEMPTS {
            let sent = Instant::now();
            let deadline = later(sent, settings::scaled(ANSWERED_WITHIN));
            self.send(SMALL)?;
            while self.low == 0 && self.refusal.is_none() && Instant::now() < deadline {
                packet::wait_any([&self.socket], false, deadline)?;
                self.receive_all()?;
            }
            if self.low > 0 || self.refusal.is_some() {
                self.round_trip = sent.elapsed();
                break;
            }
        }
        Ok(self.low > 0)
    }

    /// Finds the largest packet that the first link carries: the kernel refuses larger ones at once.
    fn ask_own_kernel(&mut self) -> io::Result<()> {
        let (mut carried, mut refused) = (self.low, largest(self.to) + 1);
        while carried + 1 < refused {
            let size = (carried + refused) / 2;
            if self.send(size)? {
                carried = size;
            } else {
                refused = size;
            }
            self.receive_all()?;
        }
        // A router may have spoken already.
        if carried < self.high {
            self.high = carried;
            self.limit = Limit::FirstLink;
        }
        Ok(())
    }

    /// Tries one size until it is known whether it passes.
    ///
    /// A small packet follows the large one. When that is back, a large one that is still missing is lost: no second need be waited.
    fn ask(&mut self, size: usize) -> io::Result<()> {
        for _ in 0..ATTEMPTS {
            if !self.send(size)? {
                // The link has just become narrower.
                self.lower(size - 1, Limit::FirstLink);
                return Ok(());
            }
            let follower = self.sent.len();
            self.send(SMALL)?;
            let mut deadline = later(Instant::now(), settings::scaled(ANSWERED_WITHIN));
            let mut is_back = false;
            loop {
                self.receive_all()?;
                if self.low >= size || self.high < size {
                    return Ok(());
                }
                if !is_back && self.sent[follower].1 {
                    is_back = true;
                    let grace = settings::scaled(OVERTAKEN_BY) + self.round_trip;
                    deadline = later(Instant::now(), grace);
                }
                if Instant::now() >= deadline {
                    break;
                }
                packet::wait_any([&self.socket], false, deadline)?;
            }
        }
        self.lower(size - 1, Limit::Silence);
        Ok(())
    }

    /// Sends a packet of this size; false if the first link does not carry it.
    fn send(&mut self, size: usize) -> io::Result<bool> {
        let ipv4 = self.to.is_ipv4();
        let payload = vec![0; size - ip_header(self.to) - icmp::HEADER];
        let sequence = self.sent.len() as u16;
        let message = request(ipv4, self.identifier, sequence, &payload);
        self.sent.push((size, false));
        match self.socket.send_to(&message, self.to) {
            Ok(()) => Ok(true),
            Err(error) if packet::is_too_long(&error) => Ok(false),
            // It counts as lost.
            Err(error) if packet::is_full(&error) || packet::is_passing(&error) => Ok(true),
            Err(error) if self.low == 0 => {
                self.refusal = Some(format!("send: {}", errno_text(&error)));
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    fn receive_all(&mut self) -> io::Result<()> {
        while let Some(received) = self.socket.receive()? {
            let from = received.from;
            if let Some(message) = parse(self.to.is_ipv4(), &received) {
                self.take(message, from);
            }
        }
        Ok(())
    }

    fn take(&mut self, message: Message, from: IpAddr) {
        let mark = match &message {
            Message::EchoReply {
                identifier,
                sequence,
                ..
            } => Some((*identifier, *sequence)),
            Message::Unreachable { quote, .. }
            | Message::TimeExceeded { quote }
            | Message::FragmentationNeeded { quote, .. }
            | Message::Redirect { quote, .. } => {
                let about = quote.destination == self.to.ip();
                about.then(|| quote.echo()).flatten()
            }
        };
        let Some((identifier, sequence)) = mark else {
            return;
        };
        let Some(sent) = self.sent.get_mut(usize::from(sequence)) else {
            return;
        };
        if identifier != self.identifier {
            return;
        }
        let size = sent.0;
        match message {
            Message::EchoReply { .. } => {
                sent.1 = true;
                self.low = self.low.max(size);
            }
            Message::FragmentationNeeded { mtu, .. } => {
                // Old routers, and those that lie, name a size that cannot be; that this one is too large stays true.
                let mtu = mtu as usize;
                let next = if mtu < size { mtu } else { size - 1 };
                self.lower(next.max(self.low), Limit::Router(Responder::new(from)));
            }
            Message::Unreachable { reason, .. } if self.low == 0 => {
                let reason = reason.text(from.is_ipv4());
                self.refusal = Some(format!("{reason} (says {from})"));
            }
            Message::TimeExceeded { .. } if self.low == 0 => {
                self.refusal = Some(format!("Time to live exceeded (says {from})"));
            }
            Message::Unreachable { .. }
            | Message::TimeExceeded { .. }
            | Message::Redirect { .. } => {}
        }
    }

    fn lower(&mut self, high: usize, limit: Limit) {
        if high < self.high {
            self.high = high;
            self.limit = limit;
        }
    }
}

fn ip_header(to: SocketAddr) -> usize {
    if to.is_ipv4() { 20 } else { 40 }
}

/// The length fields have 16 bits; that of IPv6 does not count the header.
fn largest(to: SocketAddr) -> usize {
    if to.is_ipv4() {
        65_535
    } else {
        65_535 + ip_header(to)
    }
}
