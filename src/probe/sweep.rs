//! Asking many targets at once whether they answer.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::echo::{identifier, later, parse, refused_socket, request, socket_address};
use crate::error::{Error, Result, errno_text};
use crate::sys::packet::{self, IcmpSocket};
use crate::wire::icmp::{Message, Quote};

/// How long the first request to a target may go unanswered before the next one; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// The longest wait between two requests to a target.
const LONGEST_WAIT: Duration = Duration::from_millis(800);
/// So many requests are sent at the least, although the time is over: a machine that stood still had no time to answer. As many as there
/// are in a second.
const FEWEST_TRIES: u32 = 5;
/// So many times as long is waited for that at the most.
const AT_THE_MOST: u32 = 10;
/// When to try again after the socket had no room.
const FULL_WAIT: Duration = Duration::from_millis(5);
/// How many targets share a socket for sending. Requests to hosts that do not exist wait in the kernel for a hardware address,
/// and fill the socket's send buffer meanwhile; with few enough of them it never gets full, so that the living are not delayed.
const TARGETS_PER_SENDER: usize = 64;
/// How many requests to send before looking at the answers, so that their queue does not overflow.
const BURST: usize = 32;
/// Recognisable in a capture.
const PAYLOAD: &[u8] = b"netns-test sweep";

/// A target's answer: the time of the reply, or why there was none.
pub(crate) type Outcome = std::result::Result<Duration, String>;

/// Asks all `targets` (an id of the caller's, the address, the scope id of a link-local one) at once, from the calling thread's
/// namespace, and gives each one's outcome in the same order.
///
/// Unanswered requests are repeated at growing intervals until `timeout`; an explicit "unreachable" ends its target at once.
pub(crate) fn sweep(
    targets: &[(usize, IpAddr, u32)],
    timeout: Duration,
) -> Result<Vec<(usize, Outcome)>> {
    let mut sweep = Sweep::new(targets, timeout)
        .map_err(|cause| refused_socket(cause).into_error("ping all hosts".to_owned()))?;
    sweep
        .complete()
        .map_err(|cause| Error::kernel("ping all hosts", cause))?;
    Ok(sweep.into_outcomes(timeout))
}

/// One target under way.
struct Target {
    id: usize,
    address: SocketAddr,
    sender: Sender,
    tries: u32,
    /// When to send the next request.
    next: Instant,
    /// Why the last request was not sent, where another try may do better.
    refusal: Option<String>,
    outcome: Option<Outcome>,
}

/// The socket that a target's requests leave by.
#[derive(Clone, Copy)]
enum Sender {
    Receiver(usize),
    Deaf(usize),
}

/// Opens the sockets as targets come: for each family one that receives, and more that only send.
#[derive(Default)]
struct Senders {
    receivers: Vec<IcmpSocket>,
    deaf: Vec<IcmpSocket>,
    /// By family: how many targets there are, and the socket of the last one.
    last: [(usize, Option<Sender>); 2],
}

impl Senders {
    fn next(&mut self, ipv4: bool) -> io::Result<Sender> {
        let (count, last) = &mut self.last[usize::from(ipv4)];
        let sender = match last {
            None => {
                self.receivers.push(IcmpSocket::new(ipv4)?);
                Sender::Receiver(self.receivers.len() - 1)
            }
            Some(_) if *count % TARGETS_PER_SENDER == 0 => {
                self.deaf.push(IcmpSocket::deaf(ipv4)?);
                Sender::Deaf(self.deaf.len() - 1)
            }
            Some(last) => *last,
        };
        *count += 1;
        *last = Some(sender);
        Ok(sender)
    }
}

struct Sweep {
    /// At most one for each family.
    receivers: Vec<IcmpSocket>,
    deaf: Vec<IcmpSocket>,
    targets: Vec<Target>,
    deadline: Instant,
    /// When it ends, although few requests were sent.
    end: Instant,
    sent: Sent,
}

impl Sweep {
    fn new(targets: &[(usize, IpAddr, u32)], timeout: Duration) -> io::Result<Self> {
        let mut senders = Senders::default();
        let now = Instant::now();
        let targets = targets.iter().map(|(id, address, scope_id)| {
            Ok(Target {
                id: *id,
                address: socket_address(*address, *scope_id),
                sender: senders.next(address.is_ipv4())?,
                tries: 0,
                next: now,
                refusal: None,
                outcome: None,
            })
        });
        Ok(Self {
            targets: targets.collect::<io::Result<_>>()?,
            deadline: later(now, timeout),
            end: later(now, timeout.saturating_mul(AT_THE_MOST)),
            sent: Sent::default(),
            receivers: senders.receivers,
            deaf: senders.deaf,
        })
    }

    fn complete(&mut self) -> io::Result<()> {
        loop {
            self.send_due()?;
            self.receive_all()?;
            let now = Instant::now();
            let open = self
                .targets
                .iter()
                .filter(|target| target.outcome.is_none());
            let Some(next) = open.map(|target| target.next).min() else {
                return Ok(());
            };
            if self.is_over(now) {
                return Ok(());
            }
            if next > now {
                let limit = [self.deadline, self.end].into_iter().find(|it| *it > now);
                packet::wait_any(
                    &self.receivers,
                    false,
                    limit.map_or(next, |it| it.min(next)),
                )?;
            }
        }
    }

    /// Whether nobody is waited for any more.
    fn is_over(&self, now: Instant) -> bool {
        let mut open = self
            .targets
            .iter()
            .filter(|target| target.outcome.is_none());
        now >= self.deadline && (now >= self.end || open.all(|it| it.tries >= FEWEST_TRIES))
    }

    /// Sends every request that is due.
    fn send_due(&mut self) -> io::Result<()> {
        let mut burst = 0;
        for index in 0..self.targets.len() {
            let target = &self.targets[index];
            if target.outcome.is_none() && target.next <= Instant::now() {
                self.send(index);
                burst += 1;
                if burst % BURST == 0 {
                    self.receive_all()?;
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, index: usize) {
        let target = &mut self.targets[index];
        let socket = match target.sender {
            Sender::Receiver(index) => &self.receivers[index],
            Sender::Deaf(index) => &self.deaf[index],
        };
        let ipv4 = target.address.is_ipv4();
        let now = Instant::now();
        let (identifier, sequence) = self.sent.next_name();
        let result = socket.send_to(
            &request(ipv4, identifier, sequence, PAYLOAD),
            target.address,
        );
        if matches!(&result, Err(error) if packet::is_full(error)) {
            target.next = later(now, FULL_WAIT);
            return;
        }
        target.next = later(now, wait_after(target.tries));
        target.tries += 1;
        match result {
            Ok(()) => {
                target.refusal = None;
                self.sent.log.push((index, now));
            }
            Err(error) if packet::is_passing(&error) => target.refusal = Some(errno_text(&error)),
            Err(error) => target.outcome = Some(Err(errno_text(&error))),
        }
    }

    fn receive_all(&mut self) -> io::Result<()> {
        for socket in &mut self.receivers {
            let ipv4 = socket.is_ipv4();
            while let Some(received) = socket.receive()? {
                let (from, at) = (received.from, received.at);
                let Some(message) = parse(ipv4, &received) else {
                    continue;
                };
                let Some((index, sent)) = self.sent.find(&message) else {
                    continue;
                };
                let target = &mut self.targets[index];
                if target.outcome.is_none() {
                    let time = at.saturating_duration_since(sent);
                    target.outcome = outcome(message, target.address.ip(), from, time);
                }
            }
        }
        Ok(())
    }

    fn into_outcomes(self, timeout: Duration) -> Vec<(usize, Outcome)> {
        let outcomes = self.targets.into_iter().map(|target| {
            let outcome = target.outcome.unwrap_or_else(|| {
                Err(target.refusal.unwrap_or_else(|| {
                    format!("no answer to {} requests in {timeout:?}", target.tries)
                }))
            });
            (target.id, outcome)
        });
        outcomes.collect()
    }
}

fn wait_after(tries: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(1 << tries.min(8))
        .min(LONGEST_WAIT)
}

/// What a message means for the target that it is about; `None` if it means nothing.
fn outcome(message: Message, target: IpAddr, from: IpAddr, time: Duration) -> Option<Outcome> {
    let about = |quote: Quote| quote.destination == target;
    let text = match message {
        Message::EchoReply { .. } => return Some(Ok(time)),
        Message::Unreachable { reason, quote } if about(quote) => {
            reason.text(from.is_ipv4()).into_owned()
        }
        Message::TimeExceeded { quote } if about(quote) => "Time to live exceeded".to_owned(),
        Message::FragmentationNeeded { mtu, quote } if about(quote) => {
            format!("Frag needed (mtu = {mtu})")
        }
        _ => return None,
    };
    Some(Err(format!("{text} (says {from})")))
}

/// Every request has its own pair of identifier and sequence number, so that an answer tells which try it answers.
#[derive(Default)]
struct Sent {
    /// The target and the time of each request, in their order.
    log: Vec<(usize, Instant)>,
    /// The identifier of each 65536 of them, and which 65536 those are.
    identifiers: Vec<u16>,
    blocks: HashMap<u16, usize>,
}

impl Sent {
    const BLOCK: usize = 1 << 16;

    /// The name of the next request in the log.
    fn next_name(&mut self) -> (u16, u16) {
        let (block, sequence) = (self.log.len() / Self::BLOCK, self.log.len() % Self::BLOCK);
        if block == self.identifiers.len() {
            let identifier = identifier();
            self.identifiers.push(identifier);
            self.blocks.insert(identifier, block);
        }
        (self.identifiers[block], sequence as u16)
    }

    /// The request that a message is about, if it is one of these.
    fn find(&self, message: &Message) -> Option<(usize, Instant)> {
        let (identifier, sequence) = match message {
            Message::EchoReply {
                identifier,
                sequence,
                ..
            } => (*identifier, *sequence),
            Message::Unreachable { quote, .. }
            | Message::TimeExceeded { quote }
            | Message::FragmentationNeeded { quote, .. }
            | Message::Redirect { quote, .. } => quote.echo()?,
        };
        let block = self.blocks.get(&identifier)?;
        self.log
            .get(block * Self::BLOCK + usize::from(sequence))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::icmp::Mark;

    #[test]
    fn the_waits_grow_to_a_limit() {
        let waits: Vec<_> = (0..7).map(|tries| wait_after(tries).as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 800, 800]);
        assert_eq!(wait_after(u32::MAX), LONGEST_WAIT);
    }

    #[test]
    fn every_request_is_found_again() {
        let mut sent = Sent::default();
        let now = Instant::now();
        let mut names = Vec::new();
        for index in 0..Sent::BLOCK + 10 {
            names.push(sent.next_name());
            sent.log.push((index, now));
        }
        for (index, (identifier, sequence)) in names.into_iter().enumerate() {
            let reply = Message::EchoReply {
                identifier,
                sequence,
                bytes: 8,
                ttl: 64,
            };
            assert_eq!(sent.find(&reply), Some((index, now)));
        }
    }

    #[test]
    fn an_error_about_another_destination_means_nothing() {
        let target = IpAddr::from([10, 0, 0, 1]);
        let router = IpAddr::from([10, 0, 0, 254]);
        let about = |destination| Message::TimeExceeded {
            quote: Quote {
                mark: Mark::Echo {
                    identifier: 1,
                    sequence: 1,
                },
                destination,
            },
        };
        assert_eq!(outcome(about(router), target, router, Duration::ZERO), None);
        assert_eq!(
            outcome(about(target), target, router, Duration::ZERO),
            Some(Err("Time to live exceeded (says 10.0.0.254)".to_owned()))
        );
    }
}
