//! The kernel's part on systems other than Linux: the same verbs, each of which answers that it is not supported here.
//!
//! The crate compiles there, so that projects which test on Linux build anywhere; their network tests are ignored with the reason.
//! What can only exist in a live network is a type without values, whose methods cannot be called.

use std::io;

/// A descriptor of a namespace: there is none.
pub(crate) type Descriptor = std::convert::Infallible;

fn unsupported() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "network namespaces exist on Linux only",
    )
}

#[path = "elsewhere/serving.rs"]
mod serving;
#[cfg(feature = "dns")]
pub(crate) use serving::datagram;
pub(crate) use serving::{arrivals, link_socket, ready};

#[path = "elsewhere/tc.rs"]
pub(crate) mod tc;
pub(crate) use tc::offload;

pub(crate) mod bootstrap {
    use super::userns::Door;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Entered {
        No,
        Privileged,
        UserNamespace,
        Refused { at: Door, errno: i32 },
    }

    pub(crate) fn entered() -> Entered {
        Entered::No
    }

    pub(crate) fn ensure_entered(_threads: usize, _patience: std::time::Duration) -> Entered {
        Entered::No
    }
}

pub(crate) mod userns {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Door {
        Threads,
        Trial,
        TrialKilled,
        UserNamespace,
        Setgroups,
        GidMap,
        UidMap,
        Joining,
        Capabilities,
    }
}

pub(crate) mod passed {
    pub(crate) fn count(_names: &[&str]) -> u64 {
        0
    }
}

pub(crate) mod facts {
    use crate::diagnosis::{Facts, Namespace};

    pub(crate) fn gather() -> Facts {
        Facts::default()
    }

    pub(crate) fn read() -> Facts {
        Facts::default()
    }

    pub(crate) fn limit(_namespace: Namespace) -> Option<u64> {
        None
    }
}

pub(crate) mod features {
    use crate::diagnosis::Failed;
    use crate::feature::Feature;

    pub(crate) fn try_out(_feature: Feature) -> Option<Result<(), Failed>> {
        None
    }

    pub(crate) fn loads_modules() -> Option<bool> {
        None
    }
}

pub(crate) mod identity {
    pub(crate) fn ping_groups() -> String {
        String::new()
    }
}

pub(crate) mod limits {
    pub(crate) struct Room;

    impl Room {
        pub(crate) fn floor(&self) -> Option<i32> {
            None
        }
    }

    pub(crate) fn make_room(_nodes: usize) -> crate::error::Result<Room> {
        Ok(Room)
    }
}

#[path = "lend.rs"]
pub(crate) mod lend;

#[path = "elsewhere/ring.rs"]
pub(crate) mod ring;

#[path = "elsewhere/programs.rs"]
mod programs;
pub(crate) use programs::{family, mounts};

pub(crate) mod process {
    use std::ffi::OsStr;
    use std::path::Path;
    use std::process::{Command, ExitStatus};

    pub(crate) fn signal_of(_status: ExitStatus) -> Option<i32> {
        None
    }

    pub(crate) fn signal_name(signal: i32) -> String {
        format!("signal {signal}")
    }

    pub(crate) fn is_program(path: &Path) -> bool {
        path.is_file()
    }

    pub(crate) fn name_as(_command: &mut Command, _name: &OsStr) {}

    pub(crate) fn threads() -> usize {
        1
    }

    pub(crate) fn number(descriptor: &super::Descriptor) -> i32 {
        match *descriptor {}
    }
}

pub(crate) mod socket {
    use std::io;

    #[cfg(unix)]
    pub(crate) fn namespace(_socket: std::os::fd::BorrowedFd<'_>) -> io::Result<super::Descriptor> {
        Err(super::unsupported())
    }

    #[cfg(feature = "dns")]
    pub(crate) fn listen(_ipv4: bool, _port: u16) -> io::Result<std::net::TcpListener> {
        Err(super::unsupported())
    }
}

pub(crate) mod sysctl {
    use std::io;

    pub(crate) fn write(_name: &str, _value: &str) -> io::Result<()> {
        Err(super::unsupported())
    }

    pub(crate) fn read(_name: &str) -> io::Result<String> {
        Err(super::unsupported())
    }
}

pub(crate) mod socket_tables {
    use std::io;

    use crate::view::SocketProtocol;

    #[derive(Debug)]
    pub(crate) enum SocketTables {}

    impl SocketTables {
        pub(crate) fn open() -> io::Result<Self> {
            Err(super::unsupported())
        }

        pub(crate) fn read(&mut self) -> io::Result<Vec<(SocketProtocol, String)>> {
            match *self {}
        }
    }
}

pub(crate) mod netns {
    use std::io;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub(crate) struct NamespaceId(());

    #[derive(Clone, Debug)]
    pub(crate) struct Resident {
        pub(crate) thread: i32,
        pub(crate) namespace: NamespaceId,
    }

    impl Resident {
        pub(crate) fn name(&self) -> String {
            String::new()
        }
    }

    pub(crate) fn unshare() -> io::Result<()> {
        Err(super::unsupported())
    }

    pub(crate) fn enter(descriptor: super::Descriptor) -> io::Result<()> {
        match descriptor {}
    }

    pub(crate) fn residents() -> io::Result<Vec<Resident>> {
        Err(super::unsupported())
    }

    pub(crate) fn calling_thread() -> i32 {
        0
    }

    impl NamespaceId {
        pub(crate) fn of(descriptor: super::Descriptor) -> io::Result<Self> {
            match descriptor {}
        }

        pub(crate) fn current() -> io::Result<Self> {
            Err(super::unsupported())
        }
    }
}

pub(crate) mod packet {
    use std::io;
    use std::net::{IpAddr, SocketAddr};
    use std::time::Instant;

    #[derive(Debug)]
    pub(crate) enum IcmpSocket {}

    pub(crate) struct Received<'a> {
        pub(crate) bytes: &'a [u8],
        pub(crate) from: IpAddr,
        pub(crate) hop_limit: Option<u8>,
        pub(crate) at: Instant,
    }

    impl IcmpSocket {
        pub(crate) fn new(_ipv4: bool) -> io::Result<Self> {
            Err(super::unsupported())
        }

        pub(crate) fn deaf(_ipv4: bool) -> io::Result<Self> {
            Err(super::unsupported())
        }

        pub(crate) fn is_ipv4(&self) -> bool {
            match *self {}
        }

        pub(crate) fn set_ttl(&self, _ttl: u8) -> io::Result<()> {
            match *self {}
        }

        pub(crate) fn forbid_fragments(&self) -> io::Result<()> {
            match *self {}
        }

        pub(crate) fn probe_mtu(&self) -> io::Result<()> {
            match *self {}
        }

        pub(crate) fn bind(&self, _source: SocketAddr) -> io::Result<()> {
            match *self {}
        }

        pub(crate) fn send_to(&self, _message: &[u8], _to: SocketAddr) -> io::Result<()> {
            match *self {}
        }

        pub(crate) fn receive(&mut self) -> io::Result<Option<Received<'_>>> {
            match *self {}
        }
    }

    pub(crate) fn wait_any<'a>(
        _sockets: impl IntoIterator<Item = &'a IcmpSocket>,
        _or_writable: bool,
        _deadline: Instant,
    ) -> io::Result<()> {
        Err(super::unsupported())
    }

    pub(crate) fn source_towards(_target: SocketAddr) -> io::Result<IpAddr> {
        Err(super::unsupported())
    }

    pub(crate) fn path_mtu(_target: SocketAddr) -> io::Result<u32> {
        Err(super::unsupported())
    }

    pub(crate) fn is_too_long(_error: &io::Error) -> bool {
        false
    }

    pub(crate) fn is_full(_error: &io::Error) -> bool {
        false
    }

    pub(crate) fn is_passing(_error: &io::Error) -> bool {
        false
    }
}

#[path = "elsewhere/udp.rs"]
pub(crate) mod udp;

#[path = "elsewhere/netlink.rs"]
pub(crate) mod netlink;

pub(crate) mod conntrack {
    use crate::error::Result;
    use crate::view::Connection;

    pub(crate) fn flush() -> Result<()> {
        Ok(())
    }

    pub(crate) fn list() -> Result<Vec<Connection>> {
        Ok(Vec::new())
    }
}

#[path = "elsewhere/outage.rs"]
mod outage;
pub(crate) use outage::{reset, silence};

#[path = "elsewhere/nft.rs"]
pub(crate) mod nft;
