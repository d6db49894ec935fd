//! Tries out the kernel's parts by doing what tests do with them, in the calling thread's own network.
//!
//! A thread that calls this has just made an empty network namespace, and ends afterwards: what was tried out is gone with it.

mod filters;
mod links;
mod qdiscs;
mod sockets;

use std::io;
use std::path::Path;

use super::netlink::Refusal;
use crate::diagnosis::Failed;
use crate::errno::{self, errno_name};
use crate::error::errno_text;
use crate::feature::Feature;

/// Numbers by which the kernel says that it does not have what was asked for. Any other says something about the process or the
/// moment.
const LACKS: [i32; 10] = [
    errno::ENOENT,
    errno::ENODEV,
    errno::ENXIO,
    errno::EROFS,
    errno::ENOSYS,
    errno::EPROTONOSUPPORT,
    errno::ENOPROTOOPT,
    errno::ESOCKTNOSUPPORT,
    errno::EOPNOTSUPP,
    errno::EAFNOSUPPORT,
];

/// What the kernel answered to a request or call that names its object.
pub(super) fn refused(call: impl AsRef<str>, refusal: Refusal) -> Failed {
    let text = errno_text(&io::Error::from_raw_os_error(refusal.errno));
    let sentence = refusal.sentence.unwrap_or(text);
    let name = errno_name(refusal.errno);
    Failed {
        text: format!("{} with {name} ({sentence})", call.as_ref()),
        is_lack: LACKS.contains(&refusal.errno),
        remedy: None,
    }
}

fn failed(call: impl AsRef<str>, cause: io::Error) -> Failed {
    refused(call, Refusal::of(cause))
}

/// Tries one out; `None` for what is no part of the kernel alone.
///
/// Only the calling thread's network is touched. The kernel loads a module for it where it may.
pub(crate) fn try_out(feature: Feature) -> Option<Result<(), Failed>> {
    Some(match feature {
        Feature::Sysctls | Feature::Names | Feature::Programs => return None,
        Feature::Ipv6 => links::ipv6(),
        Feature::Tun => sockets::tun(),
        Feature::PacketSockets | Feature::Sctp | Feature::Mptcp => sockets::open(feature),
        Feature::Netem | Feature::Tbf | Feature::Htb | Feature::Ingress => qdiscs::add(feature),
        Feature::Mirred => qdiscs::mirred(),
        Feature::Nftables | Feature::Nat | Feature::Conntrack => filters::add(feature),
        _ => links::add(feature),
    })
}

/// Whether this kernel can load modules; `None` if /proc does not tell.
pub(crate) fn loads_modules() -> Option<bool> {
    let proc = Path::new("/proc/sys/kernel/osrelease").exists();
    proc.then(|| Path::new("/proc/modules").exists())
}
