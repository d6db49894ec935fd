//! A blocking netlink socket: requests in batches, dumps, and the kernel's own sentence in every error.
//!
//! The kernel handles a netlink request inside `send`, one message after the other, so that a batch of requests costs one system
//! call. Only the last message of a batch asks for an acknowledgement: a failed one is always reported, with its sequence
//! number, and is answered before the last.
//!
//! See [netlink(7)](https://man7.org/linux/man-pages/man7/netlink.7.html).

use std::io::{self, Read};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rtnetlink::packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use rtnetlink::packet_route::RouteNetlinkMessage;
use socket2::{Domain, Protocol, Socket, Type};

use super::answer::{NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, messages};
use crate::error::{Error, Kind, Result};
use crate::sys::process::duplicate_above;

/// Requests sent by one system call: few enough that even if all fail, the answers fit the socket's receive buffer.
const BATCH: usize = 64;
/// More than the largest datagram that the kernel sends.
const BUFFER: usize = 64 * 1024;
/// More than an acknowledgement with its sentence, or one link.
const ANSWER: usize = 8 * 1024;
/// Answers are queued before `send` returns; only a kernel in serious trouble needs longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// A dump that was interrupted by a change is asked for again, this often.
const DUMP_ATTEMPTS: usize = 16;

/// What a socket can listen to: the kernel's multicast groups of rtnetlink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Changes {
    Links = 1,
    Ipv6Routes = 11,
}

/// One request, and what it does in words that complete "failed to ...".
#[derive(Debug)]
pub(crate) struct Request {
    message: RouteNetlinkMessage,
    flags: u16,
    what: String,
}

impl Request {
    /// `flags` are `NLM_F_CREATE`, `NLM_F_EXCL`, ...; `NLM_F_REQUEST` is added.
    pub(crate) fn new(what: impl Into<String>, message: RouteNetlinkMessage, flags: u16) -> Self {
        Self {
            message,
            flags,
            what: what.into(),
        }
    }
}

/// A netlink socket. It belongs to the network namespace in which it was opened, and keeps that namespace alive.
#[derive(Debug)]
pub(crate) struct Transport {
    socket: Socket,
    sequence: u32,
    /// Whether it listens to changes.
    watching: bool,
    /// Whether a change was told among the answers to a request.
    overheard: bool,
}

impl Transport {
    /// Opens a socket in the calling thread's network namespace, with a descriptor not below `floor` if there is one left.
    pub(crate) fn open(floor: Option<i32>) -> io::Result<Self> {
        let mut socket = Socket::new(
            Domain::from(libc::AF_NETLINK),
            Type::RAW.cloexec(),
            Some(Protocol::from(libc::NETLINK_ROUTE)),
        )?;
        if let Some(moved) = floor.and_then(|floor| duplicate_above(floor, &socket).ok()) {
            socket = moved.into();
        }
        for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
            super::super::socket::set_option(socket.as_fd(), libc::SOL_NETLINK, option, 1)?;
        }
        socket.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self {
            socket,
            sequence: 0,
            watching: false,
            overheard: false,
        })
    }

    /// The network namespace that this socket belongs to.
    pub(crate) fn namespace(&self) -> io::Result<OwnedFd> {
        super::super::socket::namespace(self.socket.as_fd())
    }

    /// Executes all requests in order and returns the first failure. Later requests are executed all the same.
    pub(crate) fn execute(&mut self, requests: Vec<Request>) -> Result<()> {
        self.ask(requests, &mut Vec::new())
    }

    /// The same, with what the kernel answers to them.
    pub(crate) fn ask(
        &mut self,
        requests: Vec<Request>,
        answers: &mut Vec<RouteNetlinkMessage>,
    ) -> Result<()> {
        let mut requests = requests.into_iter().peekable();
        let mut bytes = Vec::new();
        let mut pending = Vec::new();
        while let Some(request) = requests.next() {
            let last = pending.len() + 1 == BATCH || requests.peek().is_none();
            let ack = if last { NLM_F_ACK } else { 0 };
            let sequence = self.append(
                &mut bytes,
                request.message,
                NLM_F_REQUEST | request.flags | ack,
            );
            pending.push((sequence, request.what));
            if last {
                self.send(&bytes)
                    .map_err(|e| Error::kernel(pending[0].1.as_str(), e))?;
                self.acknowledged(&pending, answers)?;
                bytes.clear();
                pending.clear();
            }
        }
        Ok(())
    }

    /// Asks for a listing and returns its messages; an interrupted one is asked for again.
    pub(crate) fn dump(
        &mut self,
        what: &str,
        message: &RouteNetlinkMessage,
    ) -> Result<Vec<RouteNetlinkMessage>> {
        for _ in 0..DUMP_ATTEMPTS {
            let mut bytes = Vec::new();
            let sequence = self.append(&mut bytes, message.clone(), NLM_F_REQUEST | NLM_F_DUMP);
            self.send(&bytes).map_err(|e| Error::kernel(what, e))?;
            if let Some(listing) = self.listing(what, sequence)? {
                return Ok(listing);
            }
        }
        Err(Error::new(
            Kind::TimedOut,
            what,
            format!("the listing changed during each of {DUMP_ATTEMPTS} attempts"),
        ))
    }

    /// Begins or ends listening to changes.
    pub(crate) fn watch(&mut self, changes: Changes, on: bool) -> io::Result<()> {
        let option = if on {
            libc::NETLINK_ADD_MEMBERSHIP
        } else {
            libc::NETLINK_DROP_MEMBERSHIP
        };
        super::super::socket::set_option(
            self.socket.as_fd(),
            libc::SOL_NETLINK,
            option,
            changes as i32,
        )?;
        self.watching = on;
        // What was heard meanwhile would fill the receive buffer.
        while !on && self.heard(Duration::ZERO)? {}
        self.overheard = false;
        Ok(())
    }

    /// Waits for a change of what is listened to, and takes those that came with it; `false` when none came in time.
    pub(crate) fn changed_within(&mut self, limit: Duration) -> io::Result<bool> {
        let changed = mem::take(&mut self.overheard) || self.heard(limit)?;
        // A thousand links come up one by one, and whoever asks looks at all of them each time.
        while changed && self.heard(Duration::ZERO)? {}
        Ok(changed)
    }

    fn heard(&mut self, limit: Duration) -> io::Result<bool> {
        if !crate::sys::process::readable_within(self.socket.as_fd(), limit)? {
            return Ok(false);
        }
        match (&self.socket).read(&mut [0; BUFFER]) {
            Ok(_) => Ok(true),
            // Too many to keep: a change all the same.
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Serializes a message behind those in `bytes` and returns its sequence number.
    fn append(&mut self, bytes: &mut Vec<u8>, message: RouteNetlinkMessage, flags: u16) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
        message.finalize();
        let start = bytes.len();
        bytes.resize(start + message.buffer_len().next_multiple_of(4), 0);
        message.serialize(&mut bytes[start..]);
        self.sequence
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.socket.send(bytes).map(drop)
    }

    /// Reads until the last of `pending` is acknowledged and returns the first failure.
    fn acknowledged(
        &mut self,
        pending: &[(u32, String)],
        answers: &mut Vec<RouteNetlinkMessage>,
    ) -> Result<()> {
        let Some((last, last_what)) = pending.last() else {
            return Ok(());
        };
        let malformed = |cause: String| Error::new(Kind::Kernel, last_what.as_str(), cause);
        let mut failure = None;
        let mut buffer = [0; ANSWER];
        loop {
            let received = (&self.socket)
                .read(&mut buffer)
                .map_err(|e| unanswered(last_what, e))?;
            for message in messages(&buffer[..received]) {
                let message = message.map_err(malformed)?;
                if message.kind != NLMSG_ERROR {
                    let is_answer = pending
                        .iter()
                        .any(|(sequence, _)| *sequence == message.sequence);
                    if is_answer {
                        answers.push(message.decode().map_err(malformed)?);
                    }
                    self.overheard |= self.watching && !is_answer;
                    continue;
                }
                let error = message.error().map_err(malformed)?;
                if let (Some(cause), None) = (error, &failure) {
                    let what = pending
                        .iter()
                        .find(|(sequence, _)| *sequence == message.sequence);
                    failure = what.map(|(_, what)| cause.during(what));
                }
                if message.sequence == *last {
                    return failure.map_or(Ok(()), Err);
                }
            }
        }
    }

    /// Reads a listing to its end; `None` when a change interrupted it.
    fn listing(&mut self, what: &str, sequence: u32) -> Result<Option<Vec<RouteNetlinkMessage>>> {
        let malformed = |cause: String| Error::new(Kind::Kernel, what, cause);
        let mut listing = Vec::new();
        let mut interrupted = false;
        let mut buffer = vec![0; BUFFER];
        loop {
            let received = match (&self.socket).read(&mut buffer) {
                Ok(received) => received,
                // Changes were lost, which came too fast. The listing is not: it waits until there is room.
                Err(error) if self.watching && error.raw_os_error() == Some(libc::ENOBUFS) => {
                    self.overheard = true;
                    continue;
                }
                Err(error) => return Err(unanswered(what, error)),
            };
            for message in messages(&buffer[..received]) {
                let message = message.map_err(malformed)?;
                if message.sequence != sequence {
                    // It may be about what this listing has shown already.
                    self.overheard |= self.watching;
                    continue;
                }
                interrupted |= message.flags & NLM_F_DUMP_INTR != 0;
                match message.kind {
                    NLMSG_DONE => return Ok((!interrupted).then_some(listing)),
                    NLMSG_ERROR => {
                        if let Some(cause) = message.error().map_err(malformed)? {
                            return Err(cause.during(what));
                        }
                    }
                    _ => listing.push(message.decode().map_err(malformed)?),
                }
            }
        }
    }
}

impl AsFd for Transport {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn unanswered(what: &str, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::WouldBlock {
        let cause = format!(
            "the kernel did not answer within {} seconds",
            ANSWER_WITHIN.as_secs()
        );
        return Error::new(Kind::TimedOut, what, cause);
    }
    Error::kernel(what, error)
}
