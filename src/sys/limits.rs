//! The limit of open descriptors, which every node counts against.
//!
//! The limit is about the numbers of *new* descriptors: those that are open already may have higher ones. So a network that needs
//! more than there are is built under a raised limit, with its descriptors above the old one, which then applies again. The test
//! keeps as many for itself as it had, and the programs that it starts inherit the limit that they would have had without us: some
//! misbehave under a high one, such as those that use `select`.
//!
//! See [getrlimit(2)](https://man7.org/linux/man-pages/man2/getrlimit.2.html).

use std::io;
use std::sync::{Mutex, PoisonError};

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

use crate::error::{Error, Kind, Result};

/// Descriptors for the test itself, beside one for each node.
const SPARE: u64 = 256;
/// What building takes for a moment.
const BUILDING: u64 = 32;

/// The networks that are being built in this process, which has one limit for all of them.
static BUILDERS: Mutex<Builders> = Mutex::new(Builders {
    descriptors: 0,
    raised: 0,
    soft: 0,
});

struct Builders {
    /// Descriptors that they have opened, or will.
    descriptors: u64,
    /// How many of them need the raised limit.
    raised: usize,
    /// What it was raised from.
    soft: u64,
}

/// Room for the descriptors of a network while it is built.
#[derive(Debug)]
#[must_use = "the limit applies again when this is dropped"]
pub(crate) struct Room {
    descriptors: u64,
    /// Whether the limit is raised, and from what.
    floor: Option<u64>,
}

/// Raises the soft limit of open descriptors, within the hard one, if so many more might not fit: one for each node, say.
pub(crate) fn make_room(more: usize) -> Result<Room> {
    let more = more as u64;
    let mut builders = BUILDERS.lock().unwrap_or_else(PoisonError::into_inner);
    let (current, hard) = limit()?;
    let soft = if builders.raised > 0 {
        builders.soft
    } else {
        current
    };
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count) as u64;
    let needed = open + builders.descriptors + more;
    let mut floor = None;
    if needed + SPARE > soft {
        if needed + BUILDING > hard {
            let cause = format!(
                "{open} are open, {} more are needed{}, and RLIMIT_NOFILE allows {hard} at most",
                more + BUILDING,
                match builders.descriptors {
                    0 => String::new(),
                    others => format!(" and {others} by networks that are being built"),
                },
            );
            return Err(Error::new(Kind::Kernel, "make room for the network's descriptors", cause)
                .help("raise the hard limit: `ulimit -Hn` as root, LimitNOFILE= of the service, `docker run --ulimit nofile=`"));
        }
        let raised = soft.saturating_add(needed + SPARE).min(hard);
        set_limit(raised.max(current), hard)?;
        builders.raised += 1;
        builders.soft = soft;
        floor = Some(soft);
    }
    builders.descriptors += more;
    Ok(Room {
        descriptors: more,
        floor,
    })
}

impl Room {
    /// Where the network's descriptors belong, if not anywhere.
    pub(crate) fn floor(&self) -> Option<i32> {
        self.floor.and_then(|floor| i32::try_from(floor).ok())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut builders = BUILDERS.lock().unwrap_or_else(PoisonError::into_inner);
        builders.descriptors -= self.descriptors;
        if self.floor.is_some() {
            builders.raised -= 1;
            if builders.raised == 0 {
                // Lowering cannot be refused.
                drop(limit().and_then(|(_, hard)| set_limit(builders.soft, hard)));
            }
        }
    }
}

/// The soft and the hard limit of open descriptors.
#[allow(
    clippy::useless_conversion,
    reason = "glibc counts in 32 bits on processors of 32 bits"
)]
pub(super) fn open_files() -> io::Result<(u64, u64)> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok((soft.into(), hard.into()))
}

fn limit() -> Result<(u64, u64)> {
    open_files().map_err(refused)
}

#[allow(
    clippy::unnecessary_fallible_conversions,
    clippy::useless_conversion,
    reason = "the same"
)]
fn set_limit(soft: u64, hard: u64) -> Result<()> {
    let limit = |limit| rlim_t::try_from(limit).unwrap_or(rlim_t::MAX);
    setrlimit(Resource::RLIMIT_NOFILE, limit(soft), limit(hard)).map_err(|e| refused(e.into()))
}

fn refused(cause: io::Error) -> Error {
    Error::kernel("raise the limit of open descriptors", cause)
}
