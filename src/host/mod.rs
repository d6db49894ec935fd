//! A host of a live network, borrowed: run code in it, look at it, change it.

mod address;
#[cfg(feature = "dns")]
mod dns;
mod firewall;
mod listening;
mod look;
mod nat;
#[cfg(unix)]
mod owner;
mod program;
mod route;
mod rule;
mod socket;
#[cfg(feature = "tokio")]
mod task;

#[cfg(unix)]
pub(crate) use owner::owner;

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::here;
use crate::live::{LiveNode, Parts};
use crate::worker;

pub use firewall::RuleGuard;
pub(crate) use firewall::quietly;
pub use listening::Listening;

/// A host of a live network: a network namespace.
///
/// It is a borrowed view, free to copy. Nothing about it remembers: every look asks the kernel.
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
/// let server = net.host("server");
/// let listener = server.run(|| std::net::TcpListener::bind("0.0.0.0:80")).unwrap();
/// assert!(net.host("client").run(|| std::net::TcpStream::connect(server.socket_addr(80))).is_ok());
/// # drop(listener);
/// println!("{}", server.interface("eth0").unwrap());
/// # }).unwrap();
/// ```
#[derive(Clone, Copy)]
pub struct Host<'net> {
    parts: &'net Arc<Parts>,
    node: usize,
}

impl<'net> Host<'net> {
    pub(crate) fn new(parts: &'net Arc<Parts>, node: usize) -> Self {
        Self { parts, node }
    }

    pub(crate) fn parts(self) -> &'net Arc<Parts> {
        self.parts
    }

    pub(crate) fn node(self) -> usize {
        self.node
    }

    pub(crate) fn live(self) -> &'net LiveNode {
        self.parts.node(self.node)
    }

    /// The host's name in the topology.
    pub fn name(self) -> &'net str {
        &self.live().name
    }

    /// Runs code in the host, on a fresh thread that ends with it.
    ///
    /// The closure may borrow, calls may nest, and the working directory is that of the caller. A socket stays in the host in which it
    /// was made; it may be returned and used from anywhere. Threads that the closure starts are in the host, too.
    ///
    /// A server that blocks for ever keeps whoever waits for it: beside `std::thread::scope`, let it serve as many clients as the test
    /// has, or end it by a message. [`Host::command`] and, for async code, `Host::spawn` start what ends with the network.
    ///
    /// # Panics
    ///
    /// The closure's panic goes on in the caller. A thread could not be started, or could not enter the host.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let greeting = String::from("hello");
    /// let length = net.host("a").run(|| greeting.len());
    /// assert_eq!(length, 5);
    /// # }).unwrap();
    /// ```
    ///
    /// See [setns(2)](https://man7.org/linux/man-pages/man2/setns.2.html).
    #[track_caller]
    pub fn run<T: Send>(self, body: impl FnOnce() -> T + Send) -> T {
        let body = || here::set(self.parts, self.node, body);
        match worker::run_at_home(self.parts, self.node, body) {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs code of ours in the host: it needs none of the host's names and files.
    pub(crate) fn try_run<T: Send>(self, body: impl FnOnce() -> T + Send) -> Result<T> {
        worker::run_in(self.live(), body)
    }
}

impl fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Host").field(&self.name()).finish()
    }
}
