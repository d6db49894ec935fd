//! What parent and child tell one another, over a socket that is the child's standard input until it is put aside.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use crate::harness::outcome::Ending;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Child: the test of that name has been found and begins.
    Started,
    /// Child: the network stands and the body begins.
    Performing,
    /// Child: this machine refuses, or lacks what the body needs; the text is the verdict. Nothing follows.
    Refused(String),
    /// Child: what became of the body. Nothing follows.
    Ended(Ending),
    /// Parent: time is up, print the report. Child: it is printed.
    Report,
    /// Child: the network is kept for people to look at, as the text says.
    Hold(String),
    /// Parent: go on.
    Continue,
}

/// Longer texts are cut: they have been printed in full.
const LONGEST: usize = 1 << 20;

/// One end of the socket.
#[derive(Debug)]
pub(crate) struct Control(UnixStream);

impl Control {
    /// The parent's end, and the child's.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (parent, child) = UnixStream::pair()?;
        Ok((Self(parent), child.into()))
    }

    /// The child's end, as it was passed.
    pub(crate) fn adopt(descriptor: OwnedFd) -> Self {
        Self(descriptor.into())
    }

    pub(crate) fn send(&self, message: &Message) -> io::Result<()> {
        let (kind, text) = match message {
            Message::Started => (b's', ""),
            Message::Performing => (b'n', ""),
            Message::Refused(text) | Message::Ended(Ending::Lacking(text)) => (b'r', text.as_str()),
            Message::Ended(Ending::Passed) => (b'p', ""),
            Message::Ended(Ending::Failed) => (b'f', ""),
            Message::Ended(Ending::Panicked(text)) => (b'x', text.as_str()),
            Message::Ended(Ending::Broken(text)) => (b'b', text.as_str()),
            Message::Report => (b'd', ""),
            Message::Hold(text) => (b'h', text.as_str()),
            Message::Continue => (b'c', ""),
        };
        let text = &text.as_bytes()[..text.len().min(LONGEST)];
        let mut frame = vec![kind];
        frame.extend((text.len() as u32).to_le_bytes());
        frame.extend(text);
        (&self.0).write_all(&frame)
    }

    /// The next message; `None` when the other end is closed.
    pub(crate) fn receive(&self) -> io::Result<Option<Message>> {
        let mut head = [0; 5];
        match (&self.0).read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
            Err(error) => return Err(error),
        }
        let [kind, length @ ..] = head;
        let mut text = vec![0; (u32::from_le_bytes(length) as usize).min(LONGEST)];
        (&self.0).read_exact(&mut text)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(Some(match kind {
            b's' => Message::Started,
            b'n' => Message::Performing,
            b'r' => Message::Refused(text),
            b'p' => Message::Ended(Ending::Passed),
            b'f' => Message::Ended(Ending::Failed),
            b'x' => Message::Ended(Ending::Panicked(text)),
            b'b' => Message::Ended(Ending::Broken(text)),
            b'd' => Message::Report,
            b'h' => Message::Hold(text),
            b'c' => Message::Continue,
            other => return Err(io::Error::other(format!("unknown message {other}"))),
        }))
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_arrives_as_it_was_sent() {
        let (parent, child) = Control::pair().unwrap();
        let child = Control::adopt(child);
        let messages = [
            Message::Started,
            Message::Performing,
            Message::Refused("no".to_owned()),
            Message::Ended(Ending::Passed),
            Message::Ended(Ending::Failed),
            Message::Ended(Ending::Panicked("ünicode".to_owned())),
            Message::Ended(Ending::Broken(String::new())),
            Message::Report,
            Message::Hold("look".to_owned()),
            Message::Continue,
        ];
        for message in &messages {
            child.send(message).unwrap();
            assert_eq!(parent.receive().unwrap().as_ref(), Some(message));
        }
        drop(child);
        assert_eq!(parent.receive().unwrap(), None);
    }
}
