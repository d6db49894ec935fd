//! Kernel parameters of the calling thread's network namespace.
//!
//! See [proc_sys(5)](https://man7.org/linux/man-pages/man5/proc_sys.5.html); `/proc/sys/net` follows the calling thread.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};

/// Writes a parameter; its name is the path below `/proc/sys`.
pub(crate) fn write(name: &str, value: &str) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(path(name))?
        .write_all(value.as_bytes())
}

/// Reads a parameter, without its final line end.
pub(crate) fn read(name: &str) -> io::Result<String> {
    fs::read_to_string(path(name)).map(|value| value.trim_end().to_owned())
}

fn path(name: &str) -> String {
    format!("/proc/sys/{name}")
}
