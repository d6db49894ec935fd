//! The capabilities of this process.
//!
//! System calls only, without allocating: this runs before `main`. See
//! [capabilities(7)](https://man7.org/linux/man-pages/man7/capabilities.7.html).
#![allow(unsafe_code, reason = "system calls before main")]

use std::ffi::c_int;

const CAP_DAC_OVERRIDE: u32 = 1;
const CAP_DAC_READ_SEARCH: u32 = 2;
const CAP_NET_BIND_SERVICE: u32 = 10;
const CAP_NET_ADMIN: u32 = 12;
const CAP_NET_RAW: u32 = 13;
const CAP_SETGID: u32 = 6;
const CAP_SETUID: u32 = 7;
const CAP_SYS_CHROOT: u32 = 18;
const CAP_SYS_ADMIN: u32 = 21;

/// What building networks takes, and what programs that tests start need to work in them.
const INHERITED: [u32; 5] = [
    CAP_NET_BIND_SERVICE,
    CAP_NET_ADMIN,
    CAP_NET_RAW,
    CAP_SYS_CHROOT,
    CAP_SYS_ADMIN,
];

#[repr(C)]
struct CapHeader {
    version: u32,
    pid: c_int,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct CapData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// `_LINUX_CAPABILITY_VERSION_3`, whose sets have two words.
fn cap_header() -> CapHeader {
    CapHeader {
        version: 0x2008_0522,
        pid: 0,
    }
}

fn capabilities() -> Option<[CapData; 2]> {
    let header = cap_header();
    let mut data = [CapData::default(); 2];
    // SAFETY: header and data have the layout of version 3 and outlive the call.
    let result = unsafe { libc::syscall(libc::SYS_capget, &raw const header, data.as_mut_ptr()) };
    (result == 0).then_some(data)
}

/// Whether this process may map ids other than its own into a user namespace.
pub(crate) fn may_map_all_ids() -> bool {
    has([CAP_SETUID, CAP_SETGID])
}

/// Whether networks can be made without a user namespace.
pub(crate) fn suffice() -> bool {
    has([CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW])
}

fn has<const N: usize>(needed: [u32; N]) -> bool {
    capabilities().is_some_and(|[low, _]| needed.iter().all(|cap| low.effective & (1 << cap) != 0))
}

fn errno() -> c_int {
    // SAFETY: errno is this thread's own.
    unsafe { *libc::__errno_location() }
}

/// Lets programs that are started inherit what they need, and gives up the right to read every file of the user's own.
///
/// The capabilities of a new user namespace are lost when a user other than root executes a program, unless they are ambient.
pub(crate) fn keep() -> Result<(), c_int> {
    let Some(mut data) = capabilities() else {
        return Err(errno());
    };
    // SAFETY: a plain system call.
    if unsafe { libc::geteuid() } != 0 {
        let dropped = !(1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH);
        data[0].effective &= dropped;
        data[0].permitted &= dropped;
    }
    for cap in INHERITED {
        data[0].inheritable |= data[0].permitted & 1 << cap;
    }
    let header = cap_header();
    // SAFETY: header and data have the layout of version 3 and outlive the call.
    if unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) } != 0 {
        return Err(errno());
    }
    for cap in INHERITED {
        let cap = libc::c_ulong::from(cap);
        // SAFETY: a plain system call. A kernel that refuses leaves the program without it, which is no reason to stop.
        unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE, cap, 0, 0) };
    }
    Ok(())
}
