//! Async tasks in a host.

use std::future::Future;

use crate::here;
use crate::host::Host;
use crate::runtime;
use crate::task::Task;

impl Host<'_> {
    /// Starts a task that runs in the host until it ends by itself, or until the network closes: a server, say.
    ///
    /// The closure is called in the host, and makes the future there, which need not be `Send`. Sockets that it opens belong to the host.
    /// The task is polled on a thread of the host's own, whose Tokio runtime is started when it is first needed; `tokio::spawn` and
    /// `spawn_blocking` inside start their threads in the host, too. By default the runtime has one thread, see
    /// [`HostSpec::worker_threads`](crate::HostSpec::worker_threads) for more.
    ///
    /// Dropping the [`Task`] does not end it. A panic that nobody gets by joining or awaiting fails the test. An error that it returns is
    /// seen by nobody else: unwrap it in the task, or await the task. So is the panic of what it hands to `tokio::spawn`.
    ///
    /// The network cannot be borrowed by it; inside, [`current`](crate::current) is the same one.
    ///
    /// # Panics
    ///
    /// The runtime could not be started.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
    /// let server = net.host("server");
    /// let listener = server.run(|| std::net::TcpListener::bind("0.0.0.0:80")).unwrap();
    /// let accepted = server.spawn(move || async move {
    ///     listener.set_nonblocking(true)?;
    ///     tokio::net::TcpListener::from_std(listener)?.accept().await
    /// });
    /// let client = net.host("client").run(|| std::net::TcpStream::connect(server.socket_addr(80))).unwrap();
    /// let (_stream, from) = accepted.join().unwrap();
    /// assert_eq!(from, client.local_addr().unwrap());
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn spawn<F, Fut>(self, make: F) -> Task<Fut::Output>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + 'static,
        Fut::Output: Send + 'static,
    {
        let host = runtime::Host {
            node: self.node,
            entrance: here::entrance(self.parts, self.node),
            workers: self.parts.plan.nodes[self.node].worker_threads,
        };
        let runtimes = &self.parts.runtimes;
        match runtimes.started().spawn(runtimes.panics(), host, make) {
            Ok(task) => task,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs a future in the host for its result: a client's request, say.
    ///
    /// It is like [`spawn`](Self::spawn), but ends when the [`Task`] is dropped, as a future does: in `tokio::select!`, at a timeout.
    ///
    /// # Panics
    ///
    /// The runtime could not be started.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let there = net.host("b").socket_addr(80);
    /// let refused = net.host("a").run_async(move || tokio::net::TcpStream::connect(there));
    /// assert!(refused.join().is_err());
    /// # }).unwrap();
    /// ```
    #[track_caller]
    #[must_use = "a task that is dropped is ended; `spawn` starts one that is not"]
    pub fn run_async<F, Fut>(self, make: F) -> Task<Fut::Output>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + 'static,
        Fut::Output: Send + 'static,
    {
        self.spawn(make).abort_when_dropped()
    }
}
