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
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST {
            // What follows cannot be told from the rest of it.
            let cause = format!("a message of {length} bytes is too long");
            return Err(io::Error::other(cause));
        }
        let mut text = vec![0; length];
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
    use proptest::prelude::*;

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

    #[test]
    fn a_long_text_is_cut_and_what_follows_is_read() {
        let (parent, child) = Control::pair().unwrap();
        let child = Control::adopt(child);
        // Its last character is cut in two.
        let long = format!("{}é", "x".repeat(LONGEST - 1));
        let sender = std::thread::spawn(move || {
            child.send(&Message::Refused(long)).unwrap();
            child.send(&Message::Continue).unwrap();
        });
        let cut = format!("{}\u{fffd}", "x".repeat(LONGEST - 1));
        assert_eq!(parent.receive().unwrap(), Some(Message::Refused(cut)));
        assert_eq!(parent.receive().unwrap(), Some(Message::Continue));
        sender.join().unwrap();
    }

    #[test]
    fn a_message_that_is_longer_than_any_is_an_error() {
        let (parent, child) = Control::pair().unwrap();
        let child = UnixStream::from(child);
        let mut frame = vec![b'x'];
        frame.extend((LONGEST as u32 + 1).to_le_bytes());
        (&child).write_all(&frame).unwrap();
        drop(child);
        let error = parent.receive().unwrap_err();
        assert_eq!(error.to_string(), "a message of 1048577 bytes is too long");
    }

    proptest! {
        /// A test may write to descriptors that are not its own.
        #[test]
        fn whatever_is_written_ends_in_messages_or_an_error(
            bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(b's'), Just(b'x')], 0..64),
        ) {
            let (parent, child) = Control::pair().unwrap();
            let child = UnixStream::from(child);
            (&child).write_all(&bytes).unwrap();
            drop(child);
            let mut read = 0;
            while let Ok(Some(_)) = parent.receive() {
                read += 1;
            }
            prop_assert!(read <= bytes.len() / 5);
        }
    }
}
