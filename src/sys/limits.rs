//! The limit of open descriptors, which every node counts against.
//!
//! See [getrlimit(2)](https://man7.org/linux/man-pages/man2/getrlimit.2.html).

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::error::{Error, Kind, Result};

/// Descriptors for the test itself, beside one for each node.
const SPARE: u64 = 256;

/// Raises the soft limit of open descriptors, within the hard one, if `nodes` more might not fit.
pub(crate) fn make_room(nodes: usize) -> Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|e| refused(e.into()))?;
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count) as u64;
    let needed = open + nodes as u64 + SPARE;
    if needed <= soft {
        return Ok(());
    }
    if open + nodes as u64 + 32 > hard {
        let cause = format!(
            "{nodes} nodes and {open} open descriptors do not fit in the hard limit of {hard}"
        );
        return Err(Error::new(Kind::Kernel, "make room for the network's descriptors", cause)
            .help("raise it: `ulimit -Hn` as root, LimitNOFILE= of the service, `docker run --ulimit nofile=`"));
    }
    setrlimit(Resource::RLIMIT_NOFILE, needed.min(hard), hard).map_err(|e| refused(e.into()))
}

fn refused(cause: io::Error) -> Error {
    Error::kernel("raise the limit of open descriptors", cause)
}
