//! Which host a socket belongs to.

use std::os::fd::AsFd;

use crate::errno;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::live::Parts;
use crate::sys::netns::NamespaceId;
use crate::sys::socket;

impl Host<'_> {
    /// Asserts that a socket was made in this host, wherever it is used.
    ///
    /// # Panics
    ///
    /// The socket belongs to another host or to none; the message says to which. It is no socket.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let a = net.host("a");
    /// let socket = a.run(|| std::net::UdpSocket::bind("0.0.0.0:0")).unwrap();
    /// a.assert_owns(&socket);
    /// # }).unwrap();
    /// ```
    ///
    /// See `SIOCGSKNS` in [ioctl_ns(2)](https://man7.org/linux/man-pages/man2/ioctl_ns.2.html).
    #[track_caller]
    pub fn assert_owns(self, socket: &impl AsFd) {
        let name = self.name();
        match owner(self.parts, socket) {
            Ok(Some(node)) if node == self.parts.plan.namespace_of(self.node) => {}
            Ok(Some(node)) => panic!(
                "the socket lives in host `{}`, not in `{name}`",
                self.parts.node(node).name
            ),
            Ok(None) => panic!(
                "the socket lives in none of this network's hosts, not in `{name}`: the machine's own network, or another test's"
            ),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The node that a socket was made in, if it is one of this network's.
pub(crate) fn owner(parts: &Parts, socket: &impl AsFd) -> Result<Option<usize>> {
    let what = "tell the host of a socket";
    let namespace = match socket::namespace(socket.as_fd()) {
        Ok(namespace) => namespace,
        // The kernel tells only those who rule the namespace, and this process rules its own network's.
        Err(cause) if cause.kind() == std::io::ErrorKind::PermissionDenied => return Ok(None),
        Err(cause) if cause.raw_os_error() == Some(errno::ENOTTY) => {
            return Err(Error::new(
                Kind::Invalid,
                what,
                "the descriptor is no socket",
            ));
        }
        Err(cause) => return Err(Error::kernel(what, cause)),
    };
    let namespace = NamespaceId::of(namespace).map_err(|cause| Error::kernel(what, cause))?;
    // A socket outlives the restart of its host.
    let mut nodes = parts.nodes.ever();
    let found = nodes.find(|(_, node)| node.namespace == namespace);
    Ok(found.map(|(position, _)| parts.plan.namespace_of(position)))
}
