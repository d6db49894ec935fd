//! A node's home: the host name, and what threads and programs in the node see of the machine's files.
//!
//! Names of this network stand for addresses of this network, whoever asks: `/etc/hosts` and `/etc/resolv.conf` are the node's own, the
//! machine's name services are hidden, `/sys` and `/proc/net` show the node. The files are in memory and belong to a mount namespace, so that
//! they are gone with it. A node has no home until somebody lives there.

use std::fs;
use std::io;

use crate::diagnosis::Step;
use crate::entry;
use crate::errno;
use crate::error::{Error, Result, errno_text};
use crate::live::LiveNode;
use crate::live::workshop::Workshop;
use crate::machine;
use crate::plan::{self, Plan};
use crate::sys::limits;
use crate::sys::mounts::{self, Surroundings};

/// Where the machine's name services listen. Such sockets are files: a network namespace does not cut them off.
const SERVICES: [&str; 4] = [
    "/run/nscd",
    "/var/run/nscd",
    "/run/systemd/resolve",
    "/run/avahi-daemon",
];

/// Descriptors that a home costs.
const DESCRIPTORS: usize = 2;

/// What a node has beside its network.
#[derive(Debug)]
pub(crate) struct Home {
    surroundings: Option<Surroundings>,
    /// What the machine refused: for the report of a failure.
    pub(crate) lacking: Vec<Lack>,
}

impl Home {
    /// Makes the home of a node. It is made from the machine's files: on a thread that has entered no other.
    pub(crate) fn make(plan: &Plan, position: usize, node: &LiveNode) -> Result<Self> {
        let room = limits::make_room(DESCRIPTORS)?;
        machine::run("netns builder", || {
            node.enter()?;
            Ok(match separate() {
                Ok(()) => furnish(plan, position, room.floor())?,
                Err((step, cause)) => Self {
                    surroundings: None,
                    lacking: vec![Lack::refused("host name and files", step, &cause)],
                },
            })
        })?
    }

    /// The numbers of the descriptors of its mounts and host name.
    pub(crate) fn numbers(&self) -> Option<(i32, i32)> {
        self.surroundings.as_ref().map(Surroundings::numbers)
    }

    /// Moves the calling thread in, for ever.
    pub(crate) fn enter(&self) -> io::Result<()> {
        match &self.surroundings {
            Some(surroundings) => surroundings.enter(),
            None => Ok(()),
        }
    }
}

/// Something of the machine's that a node sees instead of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lack {
    pub(crate) what: &'static str,
    pub(crate) cause: String,
    /// What helps, if that is known.
    pub(crate) remedy: Option<String>,
}

impl Lack {
    pub(crate) fn new(what: &'static str, cause: &io::Error) -> Self {
        Self {
            what,
            cause: errno_text(cause),
            remedy: None,
        }
    }

    /// With the reason why the machine refuses it, and the remedy.
    pub(crate) fn refused(what: &'static str, step: Step, cause: &io::Error) -> Self {
        let (cause, remedy) = entry::in_brief(step, cause);
        Self {
            what,
            cause,
            remedy,
        }
    }
}

/// Gives the calling thread mounts and a host name that are nobody else's.
fn separate() -> Result<(), (Step, io::Error)> {
    mounts::unshare_mounts().map_err(|cause| (Step::MountNamespace, cause))?;
    mounts::unshare_host_name().map_err(|cause| (Step::UtsNamespace, cause))?;
    mounts::keep_private().map_err(|cause| (Step::Mount, cause))
}

/// Arranges the calling thread's own mounts.
fn furnish(plan: &Plan, position: usize, floor: Option<i32>) -> Result<Home> {
    let mut lacking = Vec::new();
    let mut note = |what: &'static str, result: io::Result<()>| {
        if let Err(cause) = result {
            lacking.push(Lack::new(what, &cause));
        }
    };
    note(
        "host name",
        mounts::set_host_name(&plan.nodes[position].name),
    );
    match Workshop::open() {
        Ok(workshop) => {
            write_files(plan, position, &workshop, &mut note);
            note("/tmp", workshop.close());
        }
        Err(cause) => note("files", Err(cause)),
    }
    if let Err(cause) = mounts::mount_sys() {
        lacking.push(Lack::refused("/sys", Step::MountOf("sysfs"), &cause));
    }
    // The machine has allowed them: to go on without would be to see the machine's.
    let surroundings = Surroundings::of_this_thread(floor).map_err(|cause| {
        let node = &plan.nodes[position].name;
        Error::kernel(format!("hold the files of node `{node}`"), cause)
    })?;
    Ok(Home {
        surroundings: Some(surroundings),
        lacking,
    })
}

fn write_files(
    plan: &Plan,
    position: usize,
    workshop: &Workshop,
    note: &mut impl FnMut(&'static str, io::Result<()>),
) {
    let hosts = plan.hosts_file(position);
    let servers = plan.resolv_conf(position);
    let order = fs::read_to_string("/etc/nsswitch.conf").unwrap_or_default();
    let order = plan::nsswitch_conf(&order);
    note("/etc", workshop.complete("/etc", &["hosts", "resolv.conf"]));
    note("/etc/hosts", workshop.show(&hosts, "/etc/hosts"));
    note(
        "/etc/resolv.conf",
        workshop.show(&servers, "/etc/resolv.conf"),
    );
    for (path, text) in [
        ("/etc/nsswitch.conf", order.as_str()),
        ("/etc/host.conf", plan::HOST_CONF),
    ] {
        note(path, optional(workshop.show(text, path)));
    }
    for service in SERVICES {
        note(service, optional(workshop.hide(service)));
    }
    // Each thread's own, where the kernel's link leads to the main thread's.
    note(
        "/proc/net",
        workshop.redirect("thread-self/net", "/proc/net"),
    );
}

/// What the machine does not have needs no cover.
fn optional(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(cause) if cause.raw_os_error() == Some(errno::ENOENT) => Ok(()),
        other => other,
    }
}
