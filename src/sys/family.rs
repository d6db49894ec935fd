//! Processes that belong to a host: they die with the first process of their PID namespace.
//!
//! See [pid_namespaces(7)](https://man7.org/linux/man-pages/man7/pid_namespaces.7.html).
#![allow(unsafe_code, reason = "a process that makes system calls only")]

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigSet, SigmaskHow};

use super::mounts;

/// The first process of a PID namespace. The kernel kills all others with it, wherever they have gone.
///
/// It does nothing but hold the namespace open: what its like inherit, processes whose parents have ended, the kernel reaps at once
/// for a process that ignores `SIGCHLD`. It ends with the thread that made it, whatever ends that.
#[derive(Debug)]
pub(crate) struct First {
    pid: libc::pid_t,
    /// The thread that made it.
    founder: i32,
    /// It has ended, and been waited for: the number may be somebody else's.
    gone: Mutex<bool>,
    /// Takes orders. It is closed when this process ends, even if that happens before the first process asks to be told.
    orders: Mutex<UnixStream>,
}

/// How far the first process came.
#[derive(Debug)]
pub(crate) struct Began {
    pub(crate) first: First,
    /// Why it has no `/proc` of its own, if it has none.
    pub(crate) proc: io::Result<()>,
}

/// Gives the processes that the calling thread starts from now on a PID namespace of their own.
///
/// The thread can start no other thread any more.
pub(crate) fn separate() -> io::Result<()> {
    Ok(unshare(CloneFlags::CLONE_NEWPID)?)
}

/// Starts the first process in the PID namespace for which the calling thread [has just asked](separate), with mounts of its own.
///
/// The thread has to live as long as the family.
pub(crate) fn found() -> io::Result<Began> {
    let own_mounts = mounts::unshare_mounts().and_then(|()| mounts::keep_private());
    let (obeyed, orders) = UnixStream::pair()?;
    let (told, teller) = super::process::pipe()?;
    // A Ctrl-C reaches the first process, too, and what the test does about one is not to be done twice.
    let signals = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    // SAFETY: a plain fork. The child runs on a copy of our memory and makes system calls only. Its end is announced by no signal, so
    // that nobody's `waitpid(-1)` meets it.
    let pid = unsafe { libc::syscall(libc::SYS_clone, 0, 0, 0, 0, 0) } as libc::pid_t;
    if pid == 0 {
        be_first(obeyed.as_raw_fd(), teller.as_raw_fd(), own_mounts.is_ok());
    }
    let failed = io::Error::last_os_error();
    signals.thread_set_mask()?;
    if pid < 0 {
        return Err(failed);
    }
    let first = First {
        pid,
        founder: super::netns::calling_thread(),
        gone: Mutex::new(false),
        orders: Mutex::new(orders),
    };
    drop(teller);
    let proc = hear(&told)?;
    Ok(Began {
        first,
        proc: own_mounts.and(proc),
    })
}

/// What the first process says about its `/proc`.
fn hear(told: &OwnedFd) -> io::Result<io::Result<()>> {
    let mut word = [0; 4];
    loop {
        match nix::unistd::read(told, &mut word) {
            Ok(4) => break,
            Ok(_) => return Err(io::Error::other("the first process ended at once")),
            Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(match i32::from_ne_bytes(word) {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    })
}

/// The life of the first process.
fn be_first(orders: i32, teller: i32, own_mounts: bool) -> ! {
    // SAFETY: system calls on valid arguments, in a process of our own. The loop ends with the process.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
        libc::prctl(libc::PR_SET_NAME, c"netns-test".as_ptr(), 0, 0, 0);
        libc::signal(libc::SIGCHLD, libc::SIG_IGN);
        // With the machine's mounts it would be the machine's.
        let errno = match own_mounts.then(mounts::mount_proc) {
            None | Some(Ok(())) => 0,
            Some(Err(error)) => error.raw_os_error().unwrap_or(libc::EIO),
        };
        libc::write(teller, (&raw const errno).cast(), size_of::<i32>());
        // A listener that the test drops must be gone, whoever was started meanwhile.
        keep_only(orders);
        // Until whoever made us is gone: it may have died before it could be told to take us along.
        obey();
        libc::_exit(0)
    }
}

/// Sends the signals that are asked for to the whole family, until nobody can ask any more.
fn obey() {
    // SAFETY: system calls on valid arguments.
    unsafe {
        loop {
            let mut signal = 0_u8;
            match libc::read(0, (&raw mut signal).cast(), 1) {
                0 => return,
                1 => {}
                _ => continue,
            }
            // To everybody in the namespace but the first process itself.
            libc::kill(-1, signal.into());
            libc::write(0, (&raw const signal).cast(), 1);
        }
    }
}

/// Makes a descriptor number 0 and closes all others.
fn keep_only(descriptor: i32) {
    // SAFETY: closes descriptors of a process that uses none of them any more.
    unsafe {
        libc::dup2(descriptor, 0);
        if libc::syscall(libc::SYS_close_range, 1, u32::MAX, 0) != 0 {
            // Before Linux 5.9, or under a filter that does not know it.
            for number in 1..65536 {
                libc::close(number);
            }
        }
    }
}

impl First {
    /// Kills the whole family.
    pub(crate) fn kill(&self) {
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        if !*gone {
            // SAFETY: a plain system call. The process has not been waited for, so that the number is still its own.
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
        }
    }

    /// Stops the whole family, or lets it go on.
    pub(crate) fn stop(&self, stopped: bool) -> io::Result<()> {
        let signal = if stopped {
            libc::SIGSTOP
        } else {
            libc::SIGCONT
        };
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        (&*orders).write_all(&[signal as u8])?;
        (&*orders).read_exact(&mut [0])
    }

    /// Whether each process of the family has come to a halt.
    pub(crate) fn has_stopped(&self) -> bool {
        let children = format!("/proc/self/task/{0}/children", self.founder);
        listed(&children)
            .filter(|child| child.parse() != Ok(self.pid))
            .chain(children_of(&self.pid.to_string()))
            .all(|child| is_still(&child))
    }

    /// Whether the whole family is gone. Those whose parent is this process count until they are waited for.
    pub(crate) fn is_gone(&self) -> bool {
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        if !*gone {
            let options = libc::WNOHANG | libc::__WALL;
            // SAFETY: a plain system call, which writes no status. `__WALL` because the end is announced by no signal.
            *gone = unsafe { libc::waitpid(self.pid, std::ptr::null_mut(), options) } != 0;
        }
        *gone
    }

    /// Whether what is left of the family are processes that have ended, and whose owners in this process may yet wait for them.
    pub(crate) fn waits_for_owners(&self) -> bool {
        let children = format!("/proc/self/task/{0}/children", self.founder);
        let mut others = listed(&children)
            .filter(|child| child.parse() != Ok(self.pid))
            .peekable();
        others.peek().is_some()
            && others.all(|child| is_one_of(&format!("/proc/{child}/stat"), &['Z']))
    }
}

/// The processes in such a list.
fn listed(path: &str) -> impl Iterator<Item = String> + use<> {
    let list = fs::read_to_string(path).unwrap_or_default();
    let numbers: Vec<String> = list.split_whitespace().map(str::to_owned).collect();
    numbers.into_iter()
}

/// The threads of a process.
fn threads_of(process: &str) -> impl Iterator<Item = String> + use<> {
    let threads = fs::read_dir(format!("/proc/{process}/task"));
    let paths = threads.into_iter().flatten().flatten();
    paths.map(|it| it.path().display().to_string())
}

fn children_of(process: &str) -> impl Iterator<Item = String> + use<> {
    threads_of(process).flat_map(|thread| listed(&format!("{thread}/children")))
}

/// Whether a process and all that came of it have stopped, or ended.
fn is_still(process: &str) -> bool {
    threads_of(process).all(|thread| is_one_of(&format!("{thread}/stat"), &['T', 't', 'Z', 'X']))
        && children_of(process).all(|child| is_still(&child))
}

/// Whether a process or thread is in one of these states, or gone.
fn is_one_of(stat: &str, states: &[char]) -> bool {
    let stat = fs::read_to_string(stat).unwrap_or_default();
    // The name before the state may have parentheses of its own.
    stat.rsplit_once(") ")
        .is_none_or(|(_, state)| state.starts_with(states))
}

/// Sends a signal to a process that this one started and has not waited for.
pub(crate) fn signal(process: u32, signal: i32) -> io::Result<()> {
    // SAFETY: a plain system call.
    if unsafe { libc::kill(process as libc::pid_t, signal) } < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_signal_is_refused() {
        assert_eq!(
            signal(std::process::id(), 1000).unwrap_err().raw_os_error(),
            Some(libc::EINVAL)
        );
    }
}
