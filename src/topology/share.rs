//! A host without a network of its own, as it was asked for.

use crate::topology::{HostSpec, Written};

impl HostSpec {
    /// Lives in another host's network instead of one of its own, as `docker run --network container:other` does and the containers of
    /// a pod do; `root` is a host as well (`--network host`).
    ///
    /// Both have the same interfaces, `lo` among them, the same addresses, ports and routes, and, as containers do, the same host name,
    /// `/etc/hosts` and `/etc/resolv.conf`. What stays its own is its name in the topology, which everybody resolves to the other's addresses,
    /// its async runtime, and its programs: they have another PID namespace. It can have no attachments, links, routes, rules, sysctls, NAT,
    /// firewall and DNS zones: they are the other's.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::{TcpListener, TcpStream};
    ///
    /// use netns_test::Topology;
    ///
    /// let pod = Topology::lan(["web", "client"]).host("sidecar", |h| h.share("web"));
    /// # netns_test::run(&pod, |net| {
    /// let server = net.host("web").run(|| TcpListener::bind("127.0.0.1:8080")).unwrap();
    /// assert!(net.host("sidecar").run(|| TcpStream::connect("127.0.0.1:8080")).is_ok());
    /// assert!(net.host("client").run(|| TcpStream::connect("127.0.0.1:8080")).is_err());
    /// # drop(server);
    /// # }).unwrap();
    /// ```
    ///
    /// See [network_namespaces(7)](https://man7.org/linux/man-pages/man7/network_namespaces.7.html).
    #[doc(alias = "container")]
    #[doc(alias = "network_mode")]
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn share(mut self, host: impl Into<String>) -> Self {
        self.shares.push(Written::here(host));
        self
    }
}
