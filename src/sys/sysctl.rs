//! Kernel parameters of the calling thread's network namespace.
//!
//! See [proc_sys(5)](https://man7.org/linux/man-pages/man5/proc_sys.5.html); `/proc/sys/net` follows the calling thread.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

/// Most parameters are shorter.
const USUAL: usize = 256;

/// Writes a parameter; its name is the path below `/proc/sys`.
pub(crate) fn write(name: &str, value: &str) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(path(name))?
        .write_all(value.as_bytes())
}

/// Reads a parameter, without its final line end.
///
/// The kernel gives as much as there is room for, and of many parameters no more when it is asked again.
pub(crate) fn read(name: &str) -> io::Result<String> {
    let path = path(name);
    let mut value = vec![0; USUAL];
    loop {
        let length = File::open(&path)?.read(&mut value)?;
        if length < value.len() {
            let text = String::from_utf8_lossy(&value[..length]);
            return Ok(text.trim_end().to_owned());
        }
        value.resize(value.len() * 16, 0);
    }
}

fn path(name: &str) -> String {
    format!("/proc/sys/{name}")
}
