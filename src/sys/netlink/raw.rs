//! Netlink messages as bytes, for what no typed message spells: qdiscs with their options, batches of nftables.
//!
//! See [netlink(7)](https://man7.org/linux/man-pages/man7/netlink.7.html).

use std::io::{self, Read};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::answer::{NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, Received, Refusal, messages};
use crate::sys::process::readable_within;
use crate::sys::socket::set_option;
use std::os::fd::AsFd;

const HEADER: usize = 16;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLM_F_ECHO: u16 = 8;
const NLA_F_NESTED: u16 = 0x8000;
const NLA_FLAGS: u16 = 0xC000;
/// More than the largest datagram that the kernel sends.
const BUFFER: usize = 64 * 1024;
/// A listing that was interrupted by a change is asked for again, this often.
const DUMP_ATTEMPTS: usize = 16;
/// What the kernel keeps of a send buffer for itself.
const RESERVED: usize = 32;
/// What is told of a message takes so many times its room, bookkeeping included.
const TOLD: usize = 2;
/// Answers are queued before `send` returns; only a kernel in serious trouble needs longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Attributes in the making: each has a length, a kind and a value, which may be attributes again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes(Vec<u8>);

impl Attributes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds an attribute.
    pub(crate) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        let length = 4 + value.len() as u16;
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    /// Adds a text, with the NUL that the kernel expects.
    pub(crate) fn text(self, kind: u16, value: &str) -> Self {
        self.with(kind, format!("{value}\0").as_bytes())
    }

    /// Adds a number as networks write it, the way of nftables.
    pub(crate) fn number(self, kind: u16, value: u32) -> Self {
        self.with(kind, &value.to_be_bytes())
    }

    /// Adds an attribute that consists of attributes.
    pub(crate) fn nest(self, kind: u16, inside: impl FnOnce(Self) -> Self) -> Self {
        let inside = inside(Self::new());
        self.with(kind | NLA_F_NESTED, &inside.0)
    }

    /// Adds the attributes of others.
    pub(crate) fn append(mut self, others: &Self) -> Self {
        self.0.extend(&others.0);
        self
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Splits attributes into pairs of a kind, without its flags, and a value. What is truncated ends them.
pub(crate) fn attributes(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let [low, high, kind @ ..] = rest.first_chunk::<4>()?;
        let value = rest.get(4..usize::from(u16::from_ne_bytes([*low, *high])))?;
        rest = rest
            .get((4 + value.len()).next_multiple_of(4)..)
            .unwrap_or_default();
        Some((u16::from_ne_bytes(*kind) & !NLA_FLAGS, value))
    })
}

/// A message in the making.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    head: Vec<u8>,
    attributes: Attributes,
}

impl Draft {
    /// Begins a message with its family's own header.
    pub(crate) fn new(kind: u16, flags: u16, header: &[u8]) -> Self {
        let mut head = vec![0; HEADER];
        head[4..6].copy_from_slice(&kind.to_ne_bytes());
        head[6..8].copy_from_slice(&(NLM_F_REQUEST | flags).to_ne_bytes());
        head.extend(header);
        Self {
            head,
            attributes: Attributes::new(),
        }
    }

    /// Adds what the closure adds to its attributes.
    pub(crate) fn attributes(self, more: impl FnOnce(Attributes) -> Attributes) -> Self {
        Self {
            head: self.head,
            attributes: more(self.attributes),
        }
    }

    /// Adds an attribute.
    pub(crate) fn with(self, kind: u16, value: &[u8]) -> Self {
        self.attributes(|it| it.with(kind, value))
    }

    /// Adds a text, with the NUL that the kernel expects.
    pub(crate) fn text(self, kind: u16, value: &str) -> Self {
        self.attributes(|it| it.text(kind, value))
    }

    /// Adds an attribute that consists of attributes.
    pub(crate) fn nest(self, kind: u16, inside: impl FnOnce(Attributes) -> Attributes) -> Self {
        self.attributes(|it| it.nest(kind, inside))
    }

    /// Whether the kernel tells what was made of it.
    fn is_told(&self) -> bool {
        u16::from_ne_bytes([self.head[6], self.head[7]]) & NLM_F_ECHO != 0
    }

    /// The finished message, with a request for an answer if one is wanted.
    pub(crate) fn finish(self, sequence: u32, answered: bool) -> Vec<u8> {
        let Self {
            mut head,
            attributes,
        } = self;
        if answered {
            let flags = u16::from_ne_bytes([head[6], head[7]]) | NLM_F_ACK;
            head[6..8].copy_from_slice(&flags.to_ne_bytes());
        }
        let length = (head.len() + attributes.0.len()) as u32;
        head[..4].copy_from_slice(&length.to_ne_bytes());
        head[8..12].copy_from_slice(&sequence.to_ne_bytes());
        head.extend(attributes.0);
        head
    }
}

/// A socket for such messages, in the calling thread's network namespace.
#[derive(Debug)]
pub(crate) struct RawSocket {
    socket: Socket,
    sequence: u32,
}

impl RawSocket {
    /// Opens one for a family of netlink, such as `NETLINK_NETFILTER`.
    pub(crate) fn open(family: i32) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::from(libc::AF_NETLINK),
            Type::RAW.cloexec(),
            Some(Protocol::from(family)),
        )?;
        for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
            set_option(socket.as_fd(), libc::SOL_NETLINK, option, 1)?;
        }
        socket.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Executes one message.
    pub(crate) fn ask(&mut self, message: Draft) -> Result<(), Refusal> {
        match self.batch(None, vec![message], None) {
            Ok(_) => Ok(()),
            Err((_, refusal)) => Err(refusal),
        }
    }

    /// Executes messages that succeed or fail together, between two that enclose them. Returns what they were answered beside the
    /// acknowledgement, or the first refusal, with the position of the message that was refused.
    ///
    /// Only the last one asks for an answer: a failed one is always answered.
    pub(crate) fn batch(
        &mut self,
        begin: Option<Draft>,
        inside: Vec<Draft>,
        end: Option<Draft>,
    ) -> Result<Vec<Answer>, (usize, Refusal)> {
        let mut bytes = Vec::new();
        let Some(last) = inside.len().checked_sub(1) else {
            return Ok(Vec::new());
        };
        if let Some(begin) = begin {
            bytes.extend(begin.finish(self.next(), false));
        }
        let first = self.sequence + 1;
        let is_told = inside.iter().any(Draft::is_told);
        for (position, message) in inside.into_iter().enumerate() {
            bytes.extend(message.finish(self.next(), position == last));
        }
        if let Some(end) = end {
            bytes.extend(end.finish(self.next(), false));
        }
        let position = |sequence: u32| (sequence.saturating_sub(first) as usize).min(last);
        self.make_room(bytes.len(), is_told)
            .map_err(|refusal| (0, refusal))?;
        self.socket
            .send(&bytes)
            .map_err(|cause| (0, Refusal::of(cause)))?;
        let mut answers = Vec::new();
        self.read_until(&mut answers, |message| {
            let refusal = message
                .error()
                .map_err(|text| (last, Refusal::damaged(text)))?;
            match refusal {
                Some(refusal) => Err((position(message.sequence), refusal)),
                None => Ok(position(message.sequence) == last),
            }
        })?;
        Ok(answers)
    }

    /// Makes room for so many bytes in one piece, and for what the kernel tells of them before anybody can read it.
    fn make_room(&self, bytes: usize, is_told: bool) -> Result<(), Refusal> {
        let send = [libc::SO_SNDBUFFORCE, libc::SO_SNDBUF];
        let room = self.grow(send, bytes + RESERVED, Socket::send_buffer_size)?;
        let mut fits = bytes + RESERVED <= room;
        if is_told {
            let receive = [libc::SO_RCVBUFFORCE, libc::SO_RCVBUF];
            let told = bytes * TOLD;
            fits &= told <= self.grow(receive, told, Socket::recv_buffer_size)?;
        }
        if fits {
            return Ok(());
        }
        Err(Refusal {
            errno: libc::EMSGSIZE,
            sentence: Some(format!(
                "it has {bytes} bytes, and the socket's buffer {room}"
            )),
        })
    }

    /// Has a buffer hold so many bytes if this process may; how many it does.
    fn grow(
        &self,
        options: [i32; 2],
        bytes: usize,
        size: impl Fn(&Socket) -> io::Result<usize>,
    ) -> Result<usize, Refusal> {
        let size = || size(&self.socket).map_err(Refusal::of);
        let wanted = i32::try_from(bytes).unwrap_or(i32::MAX);
        for option in options {
            if size()? < bytes {
                // Only the machine's root may go beyond its limits; others get what these allow.
                drop(set_option(
                    self.socket.as_fd(),
                    libc::SOL_SOCKET,
                    option,
                    wanted,
                ));
            }
        }
        size()
    }

    /// A listing: the family's own header and attributes of each message.
    pub(crate) fn dump(&mut self, message: Draft) -> Result<Vec<Answer>, Refusal> {
        for _ in 0..DUMP_ATTEMPTS {
            let bytes = message.clone().finish(self.next(), false);
            self.socket.send(&bytes).map_err(Refusal::of)?;
            let mut answers = Vec::new();
            self.read_until(&mut answers, |message| {
                let refusal = message.error();
                match refusal.map_err(|text| (0, Refusal::damaged(text)))? {
                    Some(refusal) if message.kind == NLMSG_ERROR => Err((0, refusal)),
                    _ => Ok(true),
                }
            })
            .map_err(|(_, refusal)| refusal)?;
            if !answers.iter().any(|answer| answer.interrupted) {
                return Ok(answers);
            }
        }
        Err(Refusal::of(io::Error::from_raw_os_error(libc::EINTR)))
    }

    /// Listens to what the kernel tells everybody of a group.
    pub(crate) fn join(&self, group: i32) -> io::Result<()> {
        let option = libc::NETLINK_ADD_MEMBERSHIP;
        set_option(self.socket.as_fd(), libc::SOL_NETLINK, option, group)
    }

    /// What was told until now.
    pub(crate) fn overheard(&mut self) -> io::Result<Vec<Answer>> {
        let mut told = Vec::new();
        let mut buffer = vec![0; BUFFER];
        while readable_within(self.socket.as_fd(), Duration::ZERO)? {
            let received = match (&self.socket).read(&mut buffer) {
                // More than there was room for: what came is still there.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => continue,
                received => received?,
            };
            let messages = messages(&buffer[..received]);
            told.extend(messages.filter_map(Result::ok).map(|message| Answer {
                kind: message.kind,
                interrupted: false,
                body: message.body().to_vec(),
            }));
        }
        Ok(told)
    }

    fn next(&mut self) -> u32 {
        self.sequence += 1;
        self.sequence
    }

    /// Keeps what is answered until `is_end` says of an error or end message that it is the last one.
    fn read_until(
        &mut self,
        answers: &mut Vec<Answer>,
        mut is_end: impl FnMut(&Received<'_>) -> Result<bool, (usize, Refusal)>,
    ) -> Result<(), (usize, Refusal)> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let received = (&self.socket)
                .read(&mut buffer)
                .map_err(|cause| (0, Refusal::of(cause)))?;
            for message in messages(&buffer[..received]) {
                let message = message.map_err(|text| (0, Refusal::damaged(text)))?;
                if message.kind == NLMSG_ERROR || message.kind == NLMSG_DONE {
                    if is_end(&message)? {
                        return Ok(());
                    }
                } else {
                    answers.push(Answer {
                        kind: message.kind,
                        interrupted: message.flags & NLM_F_DUMP_INTR != 0,
                        body: message.body().to_vec(),
                    });
                }
            }
        }
    }
}

/// A message of the kernel's, behind the header that all have.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) kind: u16,
    interrupted: bool,
    body: Vec<u8>,
}

impl Answer {
    /// The attributes, which stand behind a family's own header of so many bytes.
    pub(crate) fn attributes(&self, header: usize) -> impl Iterator<Item = (u16, &[u8])> {
        attributes(self.body.get(header..).unwrap_or_default())
    }

    /// The family's own header, if it has so many bytes.
    pub(crate) fn header(&self, length: usize) -> Option<&[u8]> {
        self.body.get(..length)
    }

    /// The first byte of the family's own header: the address family, usually.
    pub(crate) fn family(&self) -> u8 {
        self.body.first().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_nested_ones_know_their_length() {
        let message = Draft::new(16, 0x600, &[7; 4])
            .nest(2, |inner| inner.text(1, "ab"))
            .with(3, &[9]);
        let bytes = message.finish(5, true);
        let expected: &[&[u8]] = &[
            &40_u32.to_ne_bytes(),
            &16_u16.to_ne_bytes(),
            &0x605_u16.to_ne_bytes(),
            &5_u32.to_ne_bytes(),
            &[0; 4],
            &[7; 4],
            &12_u16.to_ne_bytes(),
            &0x8002_u16.to_ne_bytes(),
            &7_u16.to_ne_bytes(),
            &1_u16.to_ne_bytes(),
            b"ab\0\0",
            &5_u16.to_ne_bytes(),
            &3_u16.to_ne_bytes(),
            &[9, 0, 0, 0],
        ];
        assert_eq!(bytes, expected.concat());
    }
}
