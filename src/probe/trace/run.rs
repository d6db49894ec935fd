//! Sending the probes of a trace, and collecting what is said about them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::super::echo::{
    identifier, later, parse, refused_socket, refused_source, request, socket_address,
};
use super::answer::{Responder, TraceAnswer};
use super::report::{TraceHop, TraceReport};
use super::settings::{ROUNDS, Traceroute};
use crate::error::{Error, Kind, Result, errno_text};
use crate::settings;
use crate::sys::packet::{self, IcmpSocket};
use crate::sys::udp::UdpSender;
use crate::wire::UnreachableReason;
use crate::wire::icmp::{Mark, Message};

/// How long the next probe waits for the answer to the one before.
const PACE: Duration = Duration::from_millis(10);
/// When the silent are asked again. Linux lets a second pass between two errors to the same host, and two if a route refuses, for
/// which it counts twice; its clock ticks up to a hundred times a second.
const AGAIN: Duration = Duration::from_millis(2_040);
/// As many bytes as traceroute(8) sends.
const PAYLOAD: &[u8; 32] = b"netns-test traces, and waits ...";
/// Of UDP, and of an echo request.
const HEADER: usize = 8;

/// Traces the way to `target` from the calling thread's namespace. `name` is what the caller calls the target.
///
/// A link-local target needs the `scope_id` of the interface to leave by; for others it is 0.
pub(crate) fn run(
    settings: &Traceroute,
    target: IpAddr,
    scope_id: u32,
    name: &str,
) -> Result<TraceReport> {
    let what = || format!("trace the way to `{name}`");
    settings
        .check(target)
        .map_err(|cause| Error::new(Kind::Invalid, what(), cause))?;
    let socket = IcmpSocket::new(target.is_ipv4())
        .map_err(|cause| refused_socket(cause).into_error(what()))?;
    let to = socket_address(target, scope_id);
    let sender = Sender::new(settings, to, &socket)
        .map_err(|cause| refused_source(cause, settings.source).into_error(what()))?;
    let trace = Trace::new(settings, to, socket, sender);
    trace
        .complete(name)
        .map_err(|cause| Error::kernel(what(), cause))
}

/// What makes a probe of ours recognisable.
enum Sender {
    Udp { socket: UdpSender, first_port: u16 },
    Echo { identifier: u16 },
}

impl Sender {
    fn new(settings: &Traceroute, to: SocketAddr, receiver: &IcmpSocket) -> io::Result<Self> {
        let scope_id = match to {
            SocketAddr::V4(_) => 0,
            SocketAddr::V6(to) => to.scope_id(),
        };
        let source = settings.source.map(|it| socket_address(it, scope_id));
        if settings.icmp {
            if let Some(source) = source {
                receiver.bind(source)?;
            }
            let identifier = identifier();
            return Ok(Self::Echo { identifier });
        }
        let any: IpAddr = if to.is_ipv4() {
            Ipv4Addr::UNSPECIFIED.into()
        } else {
            Ipv6Addr::UNSPECIFIED.into()
        };
        Ok(Self::Udp {
            socket: UdpSender::new(source.unwrap_or_else(|| SocketAddr::new(any, 0)))?,
            first_port: settings.port,
        })
    }

    /// Sends the probe with this number.
    fn send(&self, echo: &IcmpSocket, number: u16, ttl: u8, mut to: SocketAddr) -> io::Result<()> {
        match self {
            Self::Udp { socket, first_port } => {
                to.set_port(first_port + number);
                socket.set_ttl(ttl)?;
                socket.send_to(PAYLOAD, to)
            }
            Self::Echo { identifier } => {
                echo.set_ttl(ttl)?;
                echo.send_to(&request(to.is_ipv4(), *identifier, number, PAYLOAD), to)
            }
        }
    }

    /// The number of the probe with this mark, if it is one of these.
    fn number(&self, mark: Mark) -> Option<u16> {
        match (self, mark) {
            (
                Self::Udp { socket, first_port },
                Mark::Datagram {
                    source,
                    destination,
                },
            ) => (socket.port() == source).then(|| destination.checked_sub(*first_port))?,
            (
                Self::Echo { identifier: ours },
                Mark::Echo {
                    identifier,
                    sequence,
                },
            ) => (*ours == identifier).then_some(sequence),
            _ => None,
        }
    }
}

/// A trace under way.
struct Trace<'a> {
    settings: &'a Traceroute,
    timeout: Duration,
    to: SocketAddr,
    socket: IcmpSocket,
    sender: Sender,
    /// By distance, and by number within it.
    answers: Vec<Option<TraceAnswer>>,
    /// The answers before this one count: those behind it lie beyond the target, or beyond a refusal.
    end: usize,
    /// Which answer each probe is to get, and when it was sent; by its number.
    sent: Vec<Option<(usize, Instant)>>,
    /// How many were sent.
    started: usize,
}

impl<'a> Trace<'a> {
    fn new(settings: &'a Traceroute, to: SocketAddr, socket: IcmpSocket, sender: Sender) -> Self {
        let probes = settings.probes();
        Self {
            settings,
            timeout: settings::scaled(settings.timeout),
            to,
            socket,
            sender,
            answers: vec![None; probes],
            end: probes,
            sent: vec![None; probes * ROUNDS],
            started: 0,
        }
    }

    /// Asks until everybody on the way has answered, or stays silent.
    ///
    /// Who limits his answers is silent at first; so everybody is asked at least twice, and as long as that helps.
    fn complete(mut self, name: &str) -> io::Result<TraceReport> {
        let mut last_heard = Instant::now();
        for round in 0.. {
            let missing = self.missing();
            if missing.is_empty() {
                break;
            }
            let heard = self.heard();
            let sent = self.ask(&missing)?;
            self.wait(&missing, later(sent, self.timeout.min(AGAIN)))?;
            if self.heard() > heard {
                last_heard = Instant::now();
            } else if round > 0 && last_heard.elapsed() >= self.timeout {
                break;
            }
            self.wait(
                &missing,
                later(sent, self.timeout.saturating_mul(2).min(AGAIN)),
            )?;
        }
        Ok(self.into_report(name))
    }

    fn heard(&self) -> usize {
        self.answers.iter().flatten().count()
    }

    fn missing(&self) -> Vec<usize> {
        (0..self.end)
            .filter(|index| self.answers[*index].is_none())
            .collect()
    }

    /// Sends a probe for each of these answers, one after the other, and tells when the last one left.
    fn ask(&mut self, wanted: &[usize]) -> io::Result<Instant> {
        let mut last = Instant::now();
        for &index in wanted {
            if index >= self.end {
                break;
            }
            last = Instant::now();
            self.send(index);
            self.wait(&[index], later(last, PACE))?;
        }
        Ok(last)
    }

    fn distance(&self, index: usize) -> u8 {
        // The settings allow no more than 255.
        self.settings.first_hop + (index / usize::from(self.settings.queries)) as u8
    }

    /// Sends one probe. A refusal of the kernel is its answer.
    fn send(&mut self, index: usize) {
        // Those of some rounds ago are not answered any more. The settings leave room for all of them.
        let slot = self.started % self.sent.len();
        let number = slot as u16;
        self.started += 1;
        self.sent[slot] = Some((index, Instant::now()));
        let ttl = self.distance(index);
        match self.sender.send(&self.socket, number, ttl, self.to) {
            Ok(()) => {}
            // It will be asked again.
            Err(error) if packet::is_full(&error) || packet::is_passing(&error) => {}
            Err(error) => {
                let error = errno_text(&error);
                self.settle(index, TraceAnswer::NotSent { error });
            }
        }
    }

    /// Waits until all of these have their answers, but not past `deadline`.
    fn wait(&mut self, wanted: &[usize], deadline: Instant) -> io::Result<()> {
        loop {
            self.receive_all()?;
            let is_open = |index: &usize| *index < self.end && self.answers[*index].is_none();
            if !wanted.iter().any(is_open) || Instant::now() >= deadline {
                return Ok(());
            }
            packet::wait_any([&self.socket], false, deadline)?;
        }
    }

    fn receive_all(&mut self) -> io::Result<()> {
        while let Some(received) = self.socket.receive()? {
            let (from, at) = (received.from, received.at);
            let Some(message) = parse(self.to.is_ipv4(), &received) else {
                continue;
            };
            let Some((index, sent)) = self.find(&message) else {
                continue;
            };
            // A stamp from before the sending means that the wall clock was set; then now is the better guess.
            let time = at.checked_duration_since(sent);
            let time = time.unwrap_or_else(|| sent.elapsed());
            if let Some(answer) = self.answer(message, from, time) {
                self.settle(index, answer);
            }
        }
        Ok(())
    }

    /// The answer that a message is about, and when its probe was sent.
    fn find(&self, message: &Message) -> Option<(usize, Instant)> {
        let mark = match *message {
            Message::EchoReply {
                identifier,
                sequence,
                ..
            } => Mark::Echo {
                identifier,
                sequence,
            },
            Message::Unreachable { quote, .. }
            | Message::TimeExceeded { quote }
            | Message::FragmentationNeeded { quote, .. }
            | Message::Redirect { quote, .. } => {
                (quote.destination == self.to.ip()).then_some(quote.mark)?
            }
        };
        let number = self.sender.number(mark)?;
        *self.sent.get(usize::from(number))?
    }

    /// What a message about one of our probes means; `None` if it means nothing for the way.
    fn answer(&self, message: Message, from: IpAddr, time: Duration) -> Option<TraceAnswer> {
        let is_target = from == self.to.ip();
        let from = Responder::new(from);
        Some(match message {
            Message::EchoReply { .. } => TraceAnswer::Reached { from, time },
            Message::TimeExceeded { .. } => TraceAnswer::TimeExceeded { from, time },
            // Nobody listens on the port: it did arrive there. A router on the way may say the same, and means to refuse.
            Message::Unreachable {
                reason: UnreachableReason::Port,
                ..
            } if is_target && !self.settings.icmp => TraceAnswer::Reached { from, time },
            Message::Unreachable { reason, .. } => TraceAnswer::Unreachable { from, time, reason },
            Message::FragmentationNeeded { mtu, .. } => {
                TraceAnswer::FragmentationNeeded { from, time, mtu }
            }
            Message::Redirect { .. } => return None,
        })
    }

    /// The first answer counts.
    fn settle(&mut self, index: usize, answer: TraceAnswer) {
        if answer.is_final() {
            let queries = usize::from(self.settings.queries);
            self.end = self.end.min((index / queries + 1) * queries);
        }
        self.answers[index].get_or_insert(answer);
    }

    fn into_report(mut self, name: &str) -> TraceReport {
        self.answers.truncate(self.end);
        let queries = usize::from(self.settings.queries);
        let chunks = self.answers.chunks(queries).enumerate();
        let hops = chunks.map(|(hop, answers)| TraceHop {
            distance: self.distance(hop * queries),
            answers: answers
                .iter()
                .map(|answer| answer.clone().unwrap_or(TraceAnswer::Silent))
                .collect(),
        });
        let ip_header = if self.to.is_ipv4() { 20 } else { 40 };
        TraceReport {
            name: name.to_owned(),
            target: self.to.ip(),
            max_hops: self.settings.max_hops,
            bytes: ip_header + HEADER + PAYLOAD.len(),
            hops: hops.collect(),
        }
    }
}
