//! Who this process is.

use nix::unistd::getgid;

use crate::sys::bootstrap::{self, Entered};

/// The groups that may open ICMP datagram sockets, as `net.ipv4.ping_group_range` takes them: all that exist here.
pub(crate) fn ping_groups() -> String {
    match bootstrap::entered() {
        Entered::UserNamespace => format!("{0}\t{0}", getgid()),
        _ => "0\t2147483647".to_owned(),
    }
}
