//! The socket tables of the calling thread's network namespace, as text.
//!
//! See [proc_pid_net(5)](https://man7.org/linux/man-pages/man5/proc_pid_net.5.html). The files are there on every kernel; `sock_diag`
//! would tell more, of modules that not every kernel has.

use std::fs::File;
use std::io::{self, Read, Seek};

use crate::view::SocketProtocol;

/// `/proc/self` would be the main thread's.
const DIRECTORY: &str = "/proc/thread-self/net";

const TABLES: [(&str, SocketProtocol); 4] = [
    ("tcp", SocketProtocol::Tcp),
    ("tcp6", SocketProtocol::Tcp),
    ("udp", SocketProtocol::Udp),
    ("udp6", SocketProtocol::Udp),
];

/// The open tables of one namespace. They stay those of that namespace, whichever thread reads them, and hold it.
#[derive(Debug)]
pub(crate) struct SocketTables(Vec<(SocketProtocol, File)>);

impl SocketTables {
    /// Opens those of the calling thread's namespace. A kernel without IPv6 lacks two.
    pub(crate) fn open() -> io::Result<Self> {
        let mut tables = Vec::with_capacity(TABLES.len());
        for (name, protocol) in TABLES {
            match File::open(format!("{DIRECTORY}/{name}")) {
                Ok(file) => tables.push((protocol, file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound && name.ends_with('6') => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self(tables))
    }

    /// What they say now. A table is read in pieces, between which sockets come and go.
    pub(crate) fn read(&mut self) -> io::Result<Vec<(SocketProtocol, String)>> {
        let mut texts = Vec::with_capacity(self.0.len());
        for (protocol, file) in &mut self.0 {
            let mut text = String::new();
            file.rewind()?;
            file.read_to_string(&mut text)?;
            texts.push((*protocol, text));
        }
        Ok(texts)
    }
}
