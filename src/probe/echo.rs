//! Sending the echo requests of a ping, and collecting what comes back.

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use super::answer::{PingAnswer, PingRedirect};
use super::later::Later;
use super::pace::Request;
use super::ping::Ping;
use super::report::PingReport;
use crate::error::{Error, Kind, Result, errno_text};
use crate::sys::packet::{self, IcmpSocket, Received};
use crate::wire::icmp::{self, Message, Quote};

/// Pings `target` from the calling thread's namespace. `name` is what the caller calls the target.
///
/// A link-local target needs the `scope_id` of the interface to leave by; for others it is 0.
pub(crate) fn run(
    settings: &Ping,
    target: IpAddr,
    scope_id: u32,
    name: &str,
) -> Result<PingReport> {
    let what = || format!("ping `{name}`");
    settings
        .check(target)
        .map_err(|cause| Error::new(Kind::Invalid, what(), cause))?;
    let socket = IcmpSocket::new(target.is_ipv4())
        .map_err(|cause| refused_socket(cause).into_error(what()))?;
    let run = Run::new(settings, socket, socket_address(target, scope_id));
    run.configure(scope_id)
        .map_err(|refusal| refusal.into_error(what()))?;
    run.complete(name)
        .map_err(|cause| Error::kernel(what(), cause))
}

/// A refusal of the kernel before the first request, and what it means.
pub(super) struct Refusal {
    cause: io::Error,
    meaning: String,
}

impl Refusal {
    pub(super) fn new(cause: io::Error, meaning: impl Into<String>) -> Self {
        let meaning = meaning.into();
        Self { cause, meaning }
    }

    pub(super) fn into_error(self, what: String) -> Error {
        Error::kernel(what, self.cause).because(&self.meaning)
    }
}

/// What a refused socket means; without the right to one the thread is most likely in the wrong place.
pub(super) fn refused_socket(cause: io::Error) -> Refusal {
    let meaning = match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            "the thread is not inside one of the network's hosts, so it may not open a raw socket"
        }
        _ => "while opening a raw ICMP socket",
    };
    Refusal::new(cause, meaning)
}

/// What it means that a socket could not be bound.
pub(super) fn refused_source(cause: io::Error, source: Option<IpAddr>) -> Refusal {
    let meaning = match source {
        Some(source) => format!("no interface here has the source address {source}"),
        None => "while opening a socket to send from".to_owned(),
    };
    Refusal::new(cause, meaning)
}

/// `address` with the port 0 that raw sockets want.
pub(super) fn socket_address(address: IpAddr, scope_id: u32) -> SocketAddr {
    match address {
        IpAddr::V4(_) => SocketAddr::new(address, 0),
        IpAddr::V6(address) => SocketAddrV6::new(address, 0, 0, scope_id).into(),
    }
}

/// An identifier that no other ping in this network is likely to use.
pub(super) fn identifier() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Neighbouring process ids start far apart, so that their counters do not meet soon.
    let start = std::process::id().wrapping_mul(0x9E37_79B1) >> 16;
    (start as u16).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// An echo request on the wire.
pub(super) fn request(ipv4: bool, identifier: u16, sequence: u16, payload: &[u8]) -> Vec<u8> {
    if ipv4 {
        icmp::request_v4(identifier, sequence, payload)
    } else {
        icmp::request_v6(identifier, sequence, payload)
    }
}

/// What a received datagram says about an echo request, if it is about one.
pub(super) fn parse(ipv4: bool, received: &Received<'_>) -> Option<Message> {
    if ipv4 {
        icmp::parse_v4(received.bytes)
    } else {
        icmp::parse_v6(received.bytes, received.hop_limit?)
    }
}

/// `start` and `duration` later, or so late that nobody lives to see it.
pub(super) fn later(start: Instant, duration: Duration) -> Instant {
    const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    start + duration.min(A_YEAR)
}

/// A ping under way.
struct Run<'a> {
    settings: &'a Ping,
    socket: IcmpSocket,
    to: SocketAddr,
    identifier: u16,
    payload: Vec<u8>,
    /// By sequence number, less 1.
    requests: Vec<Request>,
    /// How many of them have been handed to the kernel, or refused by it.
    started: usize,
    duplicates: Vec<PingAnswer>,
    redirects: Vec<PingRedirect>,
}

impl<'a> Run<'a> {
    fn new(settings: &'a Ping, socket: IcmpSocket, to: SocketAddr) -> Self {
        Self {
            settings,
            socket,
            to,
            identifier: identifier(),
            // A pattern, so that captures show where the payload lies.
            payload: (0..settings.payload).map(|index| index as u8).collect(),
            requests: (0..settings.count).map(|_| Request::default()).collect(),
            started: 0,
            duplicates: Vec::new(),
            redirects: Vec::new(),
        }
    }

    fn configure(&self, scope_id: u32) -> Result<(), Refusal> {
        self.socket
            .set_ttl(self.settings.ttl)
            .map_err(|cause| Refusal::new(cause, "while setting the ttl"))?;
        if self.settings.dont_fragment {
            self.socket
                .forbid_fragments()
                .map_err(|cause| Refusal::new(cause, "while forbidding fragments"))?;
        }
        let Some(source) = self.settings.source else {
            return Ok(());
        };
        self.socket
            .bind(socket_address(source, scope_id))
            .map_err(|cause| refused_source(cause, Some(source)))
    }

    /// Sends and receives until every request has its answer or has had its time.
    fn complete(mut self, name: &str) -> io::Result<PingReport> {
        let source = match self.settings.source {
            Some(source) => Some(source),
            // Without a route there is no source; the requests will say why.
            None => packet::source_towards(self.to).ok(),
        };
        let start = Instant::now();
        let mut last = start;
        loop {
            let mut full = false;
            if self.is_due(start) {
                let now = Instant::now();
                full = !self.send_next(start);
                if !full {
                    last = now;
                }
            }
            self.receive_all()?;
            match self.next_event(start) {
                None => break,
                Some(_) if !full && self.is_due(start) => {}
                Some(deadline) => packet::wait_any([&self.socket], full, deadline)?,
            }
        }
        Ok(self.into_report(name, source, last - start))
    }

    /// When the next request is to be sent, if there is one left.
    fn due(&self, start: Instant) -> Option<Instant> {
        let count = u32::try_from(self.started).ok()?;
        (self.started < self.requests.len()).then(|| match self.settings.interval {
            Some(interval) => later(start, interval.saturating_mul(count)),
            None => self.requests[..self.started]
                .last()
                .map_or(start, Request::followed),
        })
    }

    fn is_due(&self, start: Instant) -> bool {
        self.due(start).is_some_and(|due| due <= Instant::now())
    }

    /// The next moment at which there is something to do even if nothing arrives; `None` at the end.
    fn next_event(&self, start: Instant) -> Option<Instant> {
        if let Some(due) = self.due(start) {
            // A request that is due already waits for room in the socket, for as long as it would for a reply.
            return Some(if due <= Instant::now() {
                later(due, self.settings.timeout)
            } else {
                due
            });
        }
        self.requests
            .iter()
            .filter(|request| request.answer.is_none())
            .filter_map(|request| request.sent)
            .map(|sent| later(sent, self.settings.timeout))
            .max()
            .filter(|deadline| *deadline > Instant::now())
    }

    /// Sends the next request. A refusal of the kernel is its answer; false if the socket has no room at the moment.
    fn send_next(&mut self, start: Instant) -> bool {
        let number = sequence_of(self.started);
        let message = request(self.to.is_ipv4(), self.identifier, number, &self.payload);
        let sent = Instant::now();
        let answer = match self.socket.send_to(&message, self.to) {
            Ok(()) => None,
            Err(error) if packet::is_full(&error) && !self.has_waited_long(start, sent) => {
                return false;
            }
            Err(error) => Some(PingAnswer::NotSent {
                sequence: number,
                error: send_error(&error, self.to),
            }),
        };
        self.requests[self.started] = Request {
            sent: Some(sent),
            answer,
        };
        self.started += 1;
        true
    }

    fn has_waited_long(&self, start: Instant, now: Instant) -> bool {
        self.due(start)
            .is_some_and(|due| later(due, self.settings.timeout) <= now)
    }

    fn receive_all(&mut self) -> io::Result<()> {
        while let Some(received) = self.socket.receive()? {
            let (from, at) = (received.from, received.at);
            if let Some(message) = parse(self.to.is_ipv4(), &received) {
                self.take(message, from, at);
            }
        }
        Ok(())
    }

    /// Files a message under the request that it is about, if that is one of ours and still waits.
    fn take(&mut self, message: Message, from: IpAddr, at: Instant) {
        let identifier = self.identifier;
        let target = self.to.ip();
        let ours = |quote: Quote| {
            let (quoted, sequence) = quote.echo()?;
            (quoted == identifier && quote.destination == target).then_some(sequence)
        };
        match message {
            Message::EchoReply {
                identifier,
                sequence,
                bytes,
                ttl,
            } if identifier == self.identifier => {
                self.settle(sequence, at, |time| PingAnswer::Reply {
                    sequence,
                    bytes,
                    ttl,
                    time,
                    from,
                });
            }
            Message::EchoReply { .. } => {}
            Message::Unreachable { reason, quote } => {
                if let Some(sequence) = ours(quote) {
                    self.settle(sequence, at, |_| PingAnswer::Unreachable {
                        sequence,
                        from,
                        reason,
                    });
                }
            }
            Message::TimeExceeded { quote } => {
                if let Some(sequence) = ours(quote) {
                    self.settle(sequence, at, |_| PingAnswer::TimeExceeded {
                        sequence,
                        from,
                    });
                }
            }
            Message::FragmentationNeeded { mtu, quote } => {
                if let Some(sequence) = ours(quote) {
                    self.settle(sequence, at, |_| PingAnswer::FragmentationNeeded {
                        sequence,
                        from,
                        mtu,
                    });
                }
            }
            Message::Redirect { gateway, quote } => {
                if let Some(sequence) = ours(quote) {
                    self.redirects.push(PingRedirect {
                        sequence,
                        from,
                        gateway,
                    });
                }
            }
        }
    }

    /// The first answer in time counts. A second reply is a duplicate.
    fn settle(&mut self, sequence: u16, at: Instant, answer: impl FnOnce(Duration) -> PingAnswer) {
        let Some(index) = usize::from(sequence).checked_sub(1) else {
            return;
        };
        let Some(request) = self.requests.get_mut(index) else {
            return;
        };
        let Some(sent) = request.sent else {
            return;
        };
        // A stamp from before the sending means that the wall clock was set; then now is the better guess.
        let time = at
            .checked_duration_since(sent)
            .unwrap_or_else(|| sent.elapsed());
        if time > self.settings.timeout {
            return;
        }
        let answer = answer(time);
        match &request.answer {
            None => request.answer = Some(answer),
            Some(first) if first.is_reply() && answer.is_reply() => self.duplicates.push(answer),
            Some(_) => {}
        }
    }

    fn into_report(self, name: &str, source: Option<IpAddr>, elapsed: Duration) -> PingReport {
        let answers = self
            .requests
            .into_iter()
            .enumerate()
            .map(|(index, request)| {
                let sequence = sequence_of(index);
                request.answer.unwrap_or(PingAnswer::Lost { sequence })
            });
        PingReport {
            name: name.to_owned(),
            target: self.to.ip(),
            source,
            source_chosen: self.settings.source.is_some(),
            payload: self.settings.payload,
            answers: answers.collect(),
            duplicates: self.duplicates,
            redirects: self.redirects,
            elapsed,
            whole: self.settings.dont_fragment,
            explanation: Later::default(),
        }
    }
}

/// The settings allow no more requests than there are sequence numbers.
fn sequence_of(index: usize) -> u16 {
    (index + 1) as u16
}

/// The kernel's refusal to send, as ping(8) words it.
fn send_error(error: &io::Error, to: SocketAddr) -> String {
    if !packet::is_too_long(error) {
        return format!("sendmsg: {}", errno_text(error));
    }
    match packet::path_mtu(to) {
        Ok(mtu) if to.is_ipv4() => format!("local error: message too long, mtu={mtu}"),
        Ok(mtu) => format!("local error: message too long, mtu: {mtu}"),
        Err(_) => "local error: message too long".to_owned(),
    }
}
