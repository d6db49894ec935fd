//! Kernel parameters of the calling thread's network namespace.
//!
//! See [proc_sys(5)](https://man7.org/linux/man-pages/man5/proc_sys.5.html); `/proc/sys/net` follows the calling thread.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

/// More than any parameter of a network has. The kernel gives all of it at once, so that nobody has to ask how long it is.
const LONGEST: usize = 4096;

/// Writes a parameter; its name is the path below `/proc/sys`.
pub(crate) fn write(name: &str, value: &str) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(path(name))?
        .write_all(value.as_bytes())
}

/// Reads a parameter, without its final line end.
pub(crate) fn read(name: &str) -> io::Result<String> {
    let mut value = [0; LONGEST];
    let length = File::open(path(name))?.read(&mut value)?;
    let text = String::from_utf8_lossy(&value[..length]);
    Ok(text.trim_end().to_owned())
}

fn path(name: &str) -> String {
    format!("/proc/sys/{name}")
}
