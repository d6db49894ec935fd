//! The thread of a router that advertises: it answers whoever solicits, and speaks up now and then.

use std::io;
use std::time::{Duration, Instant};

use crate::plan::End;
use crate::sys::link_socket::LinkSocket;
use crate::sys::ready::{Alarm, Watch};
use crate::wire::advertisement::is_solicitation;

/// Well below any usual lifetime; RFC 4861 has 200 to 600 seconds.
const EVERY: Duration = Duration::from_secs(200);
/// While an advertisement could not be sent: the interface is down, or its link-local address is still tentative.
const AGAIN_AFTER: Duration = Duration::from_millis(200);

pub(super) struct Server {
    links: Vec<Link>,
    alarm: Alarm,
}

struct Link {
    socket: LinkSocket,
    message: Vec<u8>,
    /// When the next advertisement is to be sent unasked.
    due: Instant,
}

impl Server {
    /// Opens the sockets in the calling thread's namespace.
    pub(super) fn open(ends: &[&End], alarm: Alarm) -> io::Result<Self> {
        let mut links = Vec::new();
        for end in ends {
            if let Some(advertisement) = &end.advertisement {
                links.push(Link {
                    socket: LinkSocket::open(&end.name, end.index)?,
                    message: advertisement.bytes(),
                    due: Instant::now(),
                });
            }
        }
        Ok(Self { links, alarm })
    }

    /// Sends what is due.
    pub(super) fn advertise(&mut self) {
        let now = Instant::now();
        for link in self.links.iter_mut().filter(|link| link.due <= now) {
            link.tell();
        }
    }

    /// Serves until the alarm rings.
    pub(super) fn run(mut self) {
        loop {
            let ready = match self.wait() {
                Ok(ready) => ready,
                Err(cause) => panic!("failed to wait for router solicitations: {cause}"),
            };
            if ready.first() == Some(&true) {
                return;
            }
            for link in &mut self.links {
                link.answer();
            }
            self.advertise();
        }
    }

    fn wait(&self) -> io::Result<Vec<bool>> {
        let mut watch = Watch::default();
        watch.add(&self.alarm, true, false);
        for link in &self.links {
            watch.add(&link.socket, true, false);
        }
        watch.wait(self.links.iter().map(|link| link.due).min())
    }
}

impl Link {
    /// Answers once, however many have asked.
    fn answer(&mut self) {
        let mut is_asked = false;
        // An error of the socket, such as that the link went down, was taken from it by reading it.
        while let Ok(Some(received)) = self.socket.receive() {
            is_asked |= is_solicitation(received.bytes, received.hop_limit);
        }
        if is_asked {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let sent = self.socket.tell_all(&self.message);
        let pause = if sent.is_ok() { EVERY } else { AGAIN_AFTER };
        self.due = Instant::now() + pause;
    }
}
