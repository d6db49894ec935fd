//! No datagram is ever sent from a host on other systems.

use std::io;
use std::net::SocketAddr;

#[derive(Debug)]
pub(crate) enum UdpSender {}

impl UdpSender {
    pub(crate) fn new(_source: SocketAddr) -> io::Result<Self> {
        Err(super::unsupported())
    }

    pub(crate) fn port(&self) -> u16 {
        match *self {}
    }

    pub(crate) fn set_ttl(&self, _ttl: u8) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn send_to(&self, _payload: &[u8], _to: SocketAddr) -> io::Result<()> {
        match *self {}
    }
}
