//! The sockets of a host, and waiting for one that listens.

use std::io;
use std::thread;

use crate::error::{Error, Result};
use crate::host::Host;
use crate::host::listening::Listening;
use crate::sys::socket_tables::SocketTables;
use crate::view::{self, Socket};
use crate::wait;

/// In a large network, this many nodes are asked whether a missing listener is there.
const ASKED: usize = 16;

impl Host<'_> {
    /// The TCP and UDP sockets, like `ss -antu`.
    ///
    /// Connections that have ended and still wait for late packets are among them. What opens and closes while the kernel's tables are
    /// read may be missing, or stand there twice.
    ///
    /// # Errors
    ///
    /// The kernel's tables cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let socket = net.host("a").run(|| std::net::UdpSocket::bind("10.1.0.1:53")).unwrap();
    /// let sockets = net.host("a").sockets().unwrap();
    /// assert_eq!(sockets[0].local, socket.local_addr().unwrap());
    /// assert!(net.host("b").sockets().unwrap().is_empty());
    /// # }).unwrap();
    /// ```
    ///
    /// See [proc_pid_net(5)](https://man7.org/linux/man-pages/man5/proc_pid_net.5.html).
    pub fn sockets(self) -> Result<Vec<Socket>> {
        let mut tables = self.socket_tables()?;
        self.read(&mut tables)
    }

    /// Waits until somebody listens on a port of this host: a number for TCP, or [`Listening::udp`].
    ///
    /// It reads the host's socket tables and never connects, so that the server sees nothing of it. It looks at once, then with pauses
    /// that grow from 50 microseconds to 20 milliseconds, for 10 seconds unless [`Listening::within`] says otherwise. A listener on any
    /// address will do, IPv4 or IPv6.
    ///
    /// It blocks the thread. Where the server is a task of the same runtime, `wait_listening_async` lets it go on.
    ///
    /// # Errors
    ///
    /// Nobody listened in time ([`Error::is_timed_out`]); the text lists who listens there on what. Or the kernel's tables cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::{TcpListener, TcpStream};
    ///
    /// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
    /// let server = net.host("server");
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| server.run(|| TcpListener::bind("0.0.0.0:80").unwrap().accept().unwrap()));
    ///     server.wait_listening(80).unwrap();
    ///     net.host("client").run(|| TcpStream::connect(server.socket_addr(80))).unwrap();
    /// });
    /// # }).unwrap();
    /// ```
    pub fn wait_listening(self, port: impl Into<Listening>) -> Result<()> {
        let port = port.into();
        let mut look = Look::new(self, port)?;
        wait::until(port.limit(), || look.is_over());
        look.into_result()
    }

    /// [`wait_listening`](Self::wait_listening) for async code: other tasks of the thread run between the looks.
    ///
    /// # Errors
    ///
    /// As [`wait_listening`](Self::wait_listening).
    ///
    /// # Panics
    ///
    /// No tokio runtime with time enabled polls it. That of an async test is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tokio::net::TcpListener;
    ///
    /// # netns_test::run(&netns_test::Topology::new(), |net| {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let server = tokio::spawn(async { TcpListener::bind("0.0.0.0:80").await?.accept().await });
    /// net.root().wait_listening_async(80).await.unwrap();
    /// # drop(server);
    /// # });
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "tokio")]
    pub async fn wait_listening_async(self, port: impl Into<Listening>) -> Result<()> {
        let port = port.into();
        let mut look = Look::new(self, port)?;
        crate::runtime::until(port.limit(), || look.is_over()).await;
        look.into_result()
    }

    /// Open tables stay those of their namespace: a thread enters for a moment, and nobody has to stay.
    fn socket_tables(self) -> Result<SocketTables> {
        let open = || {
            self.live().enter()?;
            SocketTables::open().map_err(|cause| self.unreadable(cause))
        };
        // The report of a failure asks, too: a machine that is out of threads must not end it.
        thread::scope(|scope| {
            let opener = thread::Builder::new()
                .name(self.name().to_owned())
                .spawn_scoped(scope, open);
            match opener.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(tables)) => tables,
                Ok(Err(payload)) => std::panic::resume_unwind(payload),
                Err(cause) => Err(self.unreadable(cause)),
            }
        })
    }

    fn read(self, tables: &mut SocketTables) -> Result<Vec<Socket>> {
        let mut sockets = Vec::new();
        for (protocol, text) in tables.read().map_err(|cause| self.unreadable(cause))? {
            let parsed = view::parse_sockets(protocol, &text)
                .map_err(|cause| self.unreadable(io::Error::other(cause)))?;
            sockets.extend(parsed);
        }
        Ok(sockets)
    }

    fn unreadable(self, cause: io::Error) -> Error {
        Error::kernel(format!("list the sockets of node `{}`", self.name()), cause)
    }
}

/// A wait for a listener: the last look at the tables decides.
struct Look<'net> {
    host: Host<'net>,
    port: Listening,
    tables: SocketTables,
    seen: Result<Vec<Socket>>,
}

impl<'net> Look<'net> {
    fn new(host: Host<'net>, port: Listening) -> Result<Self> {
        Ok(Self {
            host,
            port,
            tables: host.socket_tables()?,
            seen: Ok(Vec::new()),
        })
    }

    /// Looks once more: whether the port is listened on, or nothing can be seen any more.
    fn is_over(&mut self) -> bool {
        self.seen = self.host.read(&mut self.tables);
        match &self.seen {
            Ok(sockets) => self.port.is_among(sockets),
            Err(_) => true,
        }
    }

    fn into_result(self) -> Result<()> {
        let sockets = self.seen?;
        if self.port.is_among(&sockets) {
            return Ok(());
        }
        let parts = self.host.parts;
        let own = parts.plan.namespace_of(self.host.node);
        let nodes = parts
            .plan
            .networks()
            .map(|(node, _)| Host::new(parts, node));
        let others = nodes.take(ASKED).filter(|it| it.node != own);
        let listens = |it: &Host<'_>| it.sockets().is_ok_and(|seen| self.port.is_among(&seen));
        let elsewhere: Vec<&str> = others.filter(listens).map(Host::name).collect();
        let ended = self.host.ended_programs();
        Err(self
            .port
            .missed(self.host.name(), &sockets, &ended, &elsewhere))
    }
}
