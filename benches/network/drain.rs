//! Waits until the kernel has taken apart the networks of a process that has ended.
//!
//! A namespace dies some time after its last descriptor was closed: sockets let go of it after an RCU grace period, and then one kernel
//! thread takes all dead namespaces apart, batch after batch, each under the lock that every later build needs. Nobody is told when
//! it is through. So a probe goes the same way: an empty namespace with one end of a cable, whose other end is in a namespace that
//! stays, where the kernel reports it gone. That happens in the middle of the batch that the probe is in, and a batch ends with
//! an RCU barrier. When the second of four probes is reported, the barrier of the first one's batch has passed, so that all of the
//! sample's sockets have let go: its namespaces are in the second batch or the third. The fourth report means that the third batch
//! is complete. A request that takes the lock then waits until it has been given back.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::bytes::{self, Batch, DEL_LINK};
use crate::floor::{self, acknowledged, receive, send};
use crate::sample;

const PROBES: usize = 4;

/// A helper process with a namespace that stays as long as it runs.
#[derive(Debug)]
pub(crate) struct Drain {
    helper: Child,
    ask: ChildStdin,
    answer: ChildStdout,
}

impl Drain {
    pub(crate) fn start() -> io::Result<Self> {
        let mut helper = sample::command(&["drain"])?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let closed = || io::Error::other("the helper has no pipes");
        Ok(Self {
            ask: helper.stdin.take().ok_or_else(closed)?,
            answer: helper.stdout.take().ok_or_else(closed)?,
            helper,
        })
    }

    /// Returns when everything that had been closed before has been taken apart.
    pub(crate) fn wait(&mut self) -> io::Result<()> {
        self.ask.write_all(b"?")?;
        self.answer.read_exact(&mut [0])
    }

    pub(crate) fn stop(self) -> io::Result<()> {
        let Self {
            mut helper,
            ask,
            answer,
        } = self;
        drop((ask, answer));
        helper.wait().map(drop)
    }
}

/// What the helper does: a byte out for every byte in.
pub(crate) fn help() -> io::Result<()> {
    floor::unshare()?;
    let home = this_namespace()?;
    let watch = floor::netlink()?;
    floor::watch_links(&watch)?;
    let requests = floor::netlink()?;
    let mut question = [0];
    while io::stdin().read(&mut question)? == 1 {
        for _ in 0..PROBES {
            probe(&home, &requests, &watch)?;
        }
        execute(&requests, bytes::raise_loopback())?;
        io::stdout().write_all(b"!")?;
        io::stdout().flush()?;
    }
    Ok(())
}

fn probe(home: &OwnedFd, requests: &OwnedFd, watch: &OwnedFd) -> io::Result<()> {
    floor::unshare()?;
    let probe = this_namespace()?;
    let mut cable = bytes::probe_cable();
    let (at, _) = cable.descriptors[0];
    cable.bytes[at..at + 4].copy_from_slice(&probe.as_raw_fd().to_ne_bytes());
    execute(requests, cable)?;
    floor::enter(home)?;
    drop(probe);
    let mut buffer = [0; 8192];
    loop {
        let received = receive(watch, &mut buffer)?;
        if floor::messages(&buffer[..received]).any(|message| floor::kind(message) == DEL_LINK) {
            return Ok(());
        }
    }
}

fn execute(socket: &OwnedFd, batch: Batch) -> io::Result<()> {
    send(socket, &batch.bytes)?;
    acknowledged(socket, &batch, &mut [0; 8192])
}

fn this_namespace() -> io::Result<OwnedFd> {
    Ok(File::open("/proc/thread-self/ns/net")?.into())
}
