//! Ways to have the kernel refuse a program what a test's network takes.
//!
//! Each is a function for `CommandExt::pre_exec`: between fork and exec, so system calls only, and no allocation.
#![allow(
    unsafe_code,
    reason = "filters of system calls and capabilities are set by system calls"
)]

mod firewalls;
mod told;
pub(crate) mod walls;

use std::ffi::CStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use libc::{
    BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter,
};

/// What stands in the way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// A seccomp filter answers `unshare` and `clone` with a namespace's flag by `EPERM`, as container runtimes' do.
    Namespaces,
    /// A filter answers `unshare` with this flag by `EPERM`, and leaves other namespaces alone.
    Unshare { flag: i32 },
    /// A filter answers `socket` for this family by this error number.
    Socket { family: i32, errno: i32 },
    /// `unshare` succeeds; the write of the map `ID ID 1`, of this length, is answered by `EPERM`, as security modules do it.
    Map { length: u32 },
    /// The effective and permitted capabilities have these bits and no others. User namespaces are not refused.
    Capabilities { keep: u64 },
    /// `/proc/sys` cannot be written, as in a container that is not privileged, and `/etc` is empty, as in an image made from nothing. The
    /// command starts as this user and group, if one is named, in a user namespace of its own: who may mount can have it no other way.
    Container { user: Option<u32> },
}

/// Has the command start as this user and group, without any right to change that.
pub(crate) fn become_user(command: &mut Command, id: u32) {
    // Also drops supplementary groups and, by the change of user, all capabilities.
    command.uid(id).gid(id);
}

/// Puts the refusal in the command's way; it lasts for all that the command starts.
pub(crate) fn refuse(command: &mut Command, refusal: Refusal) {
    let map = match refusal {
        Refusal::Container { user: Some(id) } => format!("{id} {id} 1"),
        _ => String::new(),
    };
    let install = move || match refusal {
        Refusal::Namespaces => filter(&namespaces()),
        Refusal::Unshare { flag } => filter(&unsharing(flag)),
        Refusal::Socket { family, errno } => filter(&sockets(family, errno)),
        Refusal::Map { length } => filter(&writes_of(length)),
        Refusal::Capabilities { keep } => limit_capabilities(keep),
        Refusal::Container { user } => contain(user.is_some(), map.as_bytes()),
    };
    // SAFETY: `install` makes system calls on values of its own stack, and neither allocates nor takes locks.
    unsafe { command.pre_exec(install) };
}

/// Offsets into `seccomp_data`.
const NUMBER: u32 = 0;
const fn argument(index: u32) -> u32 {
    // The low half of a little-endian word.
    16 + 8 * index
}

const fn statement(code: u32, k: u32) -> sock_filter {
    jump(code, k, 0, 0)
}

const fn jump(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}

const fn load(offset: u32) -> sock_filter {
    statement(BPF_LD | BPF_W | BPF_ABS, offset)
}

const fn answer(errno: i32) -> sock_filter {
    statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ERRNO | errno as u32)
}

const ALLOW: sock_filter = statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW);

const fn if_equal(k: u32, jt: u8, jf: u8) -> sock_filter {
    jump(BPF_JMP | BPF_JEQ | BPF_K, k, jt, jf)
}

fn namespaces() -> [sock_filter; 9] {
    let flags = libc::CLONE_NEWUSER
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWCGROUP;
    [
        load(NUMBER),
        if_equal(libc::SYS_unshare as u32, 5, 0),
        // Its flags are in memory, where no filter can look; the C library falls back to `clone`.
        if_equal(libc::SYS_clone3 as u32, 5, 0),
        if_equal(libc::SYS_clone as u32, 0, 2),
        load(argument(0)),
        jump(BPF_JMP | BPF_JSET | BPF_K, flags as u32, 1, 0),
        ALLOW,
        answer(libc::EPERM),
        answer(libc::ENOSYS),
    ]
}

fn unsharing(flag: i32) -> [sock_filter; 6] {
    [
        load(NUMBER),
        if_equal(libc::SYS_unshare as u32, 0, 2),
        load(argument(0)),
        jump(BPF_JMP | BPF_JSET | BPF_K, flag as u32, 1, 0),
        ALLOW,
        answer(libc::EPERM),
    ]
}

fn sockets(family: i32, errno: i32) -> [sock_filter; 6] {
    [
        load(NUMBER),
        if_equal(libc::SYS_socket as u32, 0, 2),
        load(argument(0)),
        if_equal(family as u32, 1, 0),
        ALLOW,
        answer(errno),
    ]
}

/// A filter cannot see paths. Nothing else writes so few bytes of just this number to a descriptor above the standard ones.
fn writes_of(length: u32) -> [sock_filter; 8] {
    [
        load(NUMBER),
        if_equal(libc::SYS_write as u32, 0, 4),
        load(argument(2)),
        if_equal(length, 0, 2),
        load(argument(0)),
        jump(BPF_JMP | BPF_JGE | BPF_K, 3, 1, 0),
        ALLOW,
        answer(libc::EPERM),
    ]
}

/// From now on no thread of this process can start another one; programs can be started. There is no way back.
pub(crate) fn refuse_threads() -> io::Result<()> {
    install(&threads(), libc::SECCOMP_FILTER_FLAG_TSYNC)
}

/// From now on this process has a kernel without nf_tables. There is no way back.
pub(crate) fn refuse_nftables() -> io::Result<()> {
    install(&netfilter(), libc::SECCOMP_FILTER_FLAG_TSYNC)
}

fn netfilter() -> [sock_filter; 8] {
    [
        load(NUMBER),
        if_equal(libc::SYS_socket as u32, 0, 4),
        load(argument(0)),
        if_equal(libc::AF_NETLINK as u32, 0, 2),
        load(argument(2)),
        if_equal(libc::NETLINK_NETFILTER as u32, 1, 0),
        ALLOW,
        answer(libc::EPROTONOSUPPORT),
    ]
}

fn threads() -> [sock_filter; 8] {
    [
        load(NUMBER),
        if_equal(libc::SYS_clone3 as u32, 5, 0),
        if_equal(libc::SYS_clone as u32, 0, 2),
        load(argument(0)),
        jump(BPF_JMP | BPF_JSET | BPF_K, libc::CLONE_THREAD as u32, 1, 0),
        ALLOW,
        answer(libc::EAGAIN),
        answer(libc::ENOSYS),
    ]
}

fn filter(program: &[sock_filter]) -> io::Result<()> {
    install(program, 0)
}

/// Of the calling thread, or by its flag of all.
fn install(program: &[sock_filter], flags: libc::c_ulong) -> io::Result<()> {
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: plain system calls; the kernel copies the program before the call returns.
    unsafe {
        check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
        let mode = libc::SECCOMP_SET_MODE_FILTER;
        let result = libc::syscall(libc::SYS_seccomp, mode, flags, &raw const program);
        check(result as libc::c_int)
    }
}

/// The bounding set too: a program that root executes gets what is in it.
fn limit_capabilities(keep: u64) -> io::Result<()> {
    for capability in 0..64 {
        // SAFETY: plain system calls; a capability that this kernel does not know is answered by EINVAL.
        unsafe {
            let known = libc::prctl(libc::PR_CAPBSET_READ, capability, 0, 0, 0) == 1;
            if known && keep & 1 << capability == 0 {
                check(libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0))?;
            }
        }
    }
    Ok(())
}

/// `map` is what stands in the maps of the user namespace, if one is to be made.
fn contain(in_user_namespace: bool, map: &[u8]) -> io::Result<()> {
    let namespaces = if in_user_namespace {
        libc::CLONE_NEWUSER | libc::CLONE_NEWNS
    } else {
        libc::CLONE_NEWNS
    };
    // SAFETY: plain system calls. Whoever has just become another user may not write its own maps before the first.
    unsafe {
        check(libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0))?;
        check(libc::unshare(namespaces))?;
    }
    if in_user_namespace {
        write(c"/proc/self/setgroups", b"deny")?;
        write(c"/proc/self/gid_map", map)?;
        write(c"/proc/self/uid_map", map)?;
    }
    // Nothing that is mounted here is seen outside.
    mount(c"none", c"/", None, libc::MS_REC | libc::MS_SLAVE)?;
    mount(c"none", c"/etc", Some(c"tmpfs"), 0)?;
    let (sysctls, again) = (c"/proc/sys", libc::MS_REMOUNT | libc::MS_BIND);
    mount(sysctls, sysctls, None, libc::MS_BIND | libc::MS_REC)?;
    let inherited = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    mount(c"none", sysctls, None, again | libc::MS_RDONLY | inherited)
}

fn mount(
    source: &CStr,
    target: &CStr,
    kind: Option<&CStr>,
    flags: libc::c_ulong,
) -> io::Result<()> {
    let (source, target) = (source.as_ptr(), target.as_ptr());
    let kind = kind.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: all of them are valid strings, or null where the kernel does not look.
    check(unsafe { libc::mount(source, target, kind, flags, std::ptr::null()) })
}

fn write(path: &CStr, text: &[u8]) -> io::Result<()> {
    // SAFETY: the path is a valid string, the bytes are read within their bounds, and the descriptor is this function's own.
    unsafe {
        let file = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        check(file)?;
        let written = libc::write(file, text.as_ptr().cast(), text.len());
        check(if written == text.len() as isize {
            0
        } else {
            -1
        })?;
        check(libc::close(file))
    }
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
