//! Netlink messages as bytes, for trials that no typed message spells: qdiscs with their options, batches of nftables.
//!
//! See [netlink(7)](https://man7.org/linux/man-pages/man7/netlink.7.html).

use std::io::{self, Read};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::answer::{NLMSG_ERROR, Refusal, messages};
use crate::sys::socket::set_option;
use std::os::fd::AsFd;

const HEADER: usize = 16;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLA_F_NESTED: u16 = 0x8000;
const BUFFER: usize = 8 * 1024;
/// Answers are queued before `send` returns; only a kernel in serious trouble needs longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A message in the making.
#[derive(Clone, Debug)]
pub(crate) struct Draft(Vec<u8>);

impl Draft {
    /// Begins a message with its family's own header.
    pub(crate) fn new(kind: u16, flags: u16, header: &[u8]) -> Self {
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&(NLM_F_REQUEST | flags).to_ne_bytes());
        bytes.extend(header);
        Self(bytes)
    }

    /// Adds an attribute.
    pub(crate) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        let length = 4 + value.len() as u16;
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.pad();
        self
    }

    /// Adds a text, with the NUL that the kernel expects.
    pub(crate) fn text(self, kind: u16, value: &str) -> Self {
        self.with(kind, format!("{value}\0").as_bytes())
    }

    /// Adds an attribute that consists of attributes.
    pub(crate) fn nest(mut self, kind: u16, inside: impl FnOnce(Self) -> Self) -> Self {
        let start = self.0.len();
        self.0.extend([0; 2]);
        self.0.extend((kind | NLA_F_NESTED).to_ne_bytes());
        let mut whole = inside(self);
        let length = (whole.0.len() - start) as u16;
        whole.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        whole
    }

    fn pad(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// The finished message; every one asks for an answer but those that only enclose others.
    fn finish(mut self, sequence: u32, answered: bool) -> Vec<u8> {
        if answered {
            let flags = u16::from_ne_bytes([self.0[6], self.0[7]]) | NLM_F_ACK;
            self.0[6..8].copy_from_slice(&flags.to_ne_bytes());
        }
        let length = self.0.len() as u32;
        self.0[..4].copy_from_slice(&length.to_ne_bytes());
        self.0[8..12].copy_from_slice(&sequence.to_ne_bytes());
        self.0
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
        self.batch(None, vec![message], None)
    }

    /// Executes messages that succeed or fail together, between two that enclose them.
    pub(crate) fn batch(
        &mut self,
        begin: Option<Draft>,
        inside: Vec<Draft>,
        end: Option<Draft>,
    ) -> Result<(), Refusal> {
        let mut bytes = Vec::new();
        let answers = inside.len();
        let begin = begin.into_iter().map(|message| (message, false));
        let end = end.into_iter().map(|message| (message, false));
        let inside = inside.into_iter().map(|message| (message, true));
        for (message, answered) in begin.chain(inside).chain(end) {
            self.sequence += 1;
            bytes.extend(message.finish(self.sequence, answered));
        }
        self.socket.send(&bytes).map_err(Refusal::of)?;
        self.answered(answers)
    }

    /// Reads so many answers, or the first refusal.
    fn answered(&mut self, mut answers: usize) -> Result<(), Refusal> {
        let mut buffer = [0; BUFFER];
        while answers > 0 {
            let received = (&self.socket).read(&mut buffer).map_err(Refusal::of)?;
            for message in messages(&buffer[..received]) {
                let message = message.map_err(Refusal::damaged)?;
                if message.kind != NLMSG_ERROR {
                    continue;
                }
                if let Some(refusal) = message.error().map_err(Refusal::damaged)? {
                    return Err(refusal);
                }
                answers -= 1;
            }
        }
        Ok(())
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
