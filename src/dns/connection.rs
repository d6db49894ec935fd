//! A TCP connection of a DNS server: messages with their length before them, both ways.
//!
//! See [RFC 7766](https://www.rfc-editor.org/rfc/rfc7766).

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A connection on which nothing has happened for so long is closed, before scaling.
pub(super) const IDLE: Duration = Duration::from_secs(30);
/// Nothing more is read while so many answers, or bytes of answers, are still to be sent.
const OWED: usize = 1000;
const OUTPUT: usize = 1 << 20;
/// What is read at once.
const READ: usize = 1 << 16;

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    input: Vec<u8>,
    output: Vec<u8>,
    /// Answers that are delayed.
    owed: usize,
    /// The other side sends no more.
    ended: bool,
    last: Instant,
    idle: Duration,
}

impl Connection {
    /// A connection that may be idle for so long.
    pub(super) fn new(stream: TcpStream, peer: SocketAddr, idle: Duration) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        // An answer is one write.
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            peer,
            input: Vec::new(),
            output: Vec::new(),
            owed: 0,
            ended: false,
            last: Instant::now(),
            idle,
        })
    }

    pub(super) fn wants_to_read(&self) -> bool {
        !self.ended && self.owed < OWED && self.output.len() < OUTPUT
    }

    pub(super) fn wants_to_write(&self) -> bool {
        !self.output.is_empty()
    }

    /// Whether there is nothing left to do.
    pub(super) fn is_done(&self) -> bool {
        self.ended && self.owed == 0 && self.output.is_empty()
    }

    /// When it is closed unless something happens; never while an answer is owed.
    pub(super) fn expires(&self) -> Option<Instant> {
        // A limit beyond what a clock can tell is none.
        let expires = self.last.checked_add(self.idle);
        expires.filter(|_| self.owed == 0)
    }

    /// Reads what has come, and writes what is waiting.
    pub(super) fn turn(&mut self) -> io::Result<()> {
        self.write()?;
        if !self.wants_to_read() {
            return Ok(());
        }
        let mut buffer = [0; READ];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.ended = true,
            Ok(length) => {
                self.input.extend_from_slice(&buffer[..length]);
                self.last = Instant::now();
            }
            Err(error) if is_passing(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Takes the next whole message out of what has been read.
    pub(super) fn next_message(&mut self) -> Option<Vec<u8>> {
        let (length, rest) = self.input.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let message = rest.get(..length)?.to_vec();
        self.input.drain(..length + 2);
        Some(message)
    }

    /// Notes that an answer will follow later.
    pub(super) fn owe(&mut self) {
        self.owed += 1;
    }

    /// An answer that was owed is no longer.
    pub(super) fn pay(&mut self) {
        self.owed = self.owed.saturating_sub(1);
    }

    /// Sends a message, as far as the other side takes it now.
    pub(super) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let length = u16::try_from(message.len()).map_err(io::Error::other)?;
        self.output.extend_from_slice(&length.to_be_bytes());
        self.output.extend_from_slice(message);
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => {
                    self.output.drain(..length);
                    self.last = Instant::now();
                }
                Err(error) if is_passing(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn an_idle_connection_has_its_limit_and_none_if_it_is_owed_an_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let within = |idle| {
            let stream = TcpStream::connect(address).expect("it listens");
            Connection::new(stream, address, idle).expect("its options can be set")
        };
        let mut connection = within(IDLE);
        assert_eq!(connection.expires(), Some(connection.last + IDLE));
        connection.owed = 1;
        assert_eq!(connection.expires(), None);
        // As a scale of any size makes it.
        assert_eq!(within(Duration::MAX).expires(), None);
    }
}
