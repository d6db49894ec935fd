//! Sixteen tests that all want the same port, at the same time.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;

use netns_test::{netns_test, TestResult};

/// Binds the port and, where somebody has called a meeting, goes on only when all sixteen are there.
fn bind_and_meet() -> TestResult {
    let _listener = TcpListener::bind("0.0.0.0:80")?;
    if let Some(place) = std::env::var_os("DOWNSTREAM_MEETING") {
        // A socket with a path belongs to the file system, which the tests share.
        let mut meeting = UnixStream::connect(place)?;
        meeting.write_all(b"here")?;
        let mut word = [0; 2];
        meeting.read_exact(&mut word)?;
        assert_eq!(&word, b"go");
    }
    Ok(())
}

/// The attribute also works on what a macro writes.
macro_rules! port_80 {
    ($($name:ident)*) => {$(
        #[netns_test]
        fn $name() -> TestResult {
            bind_and_meet()
        }
    )*};
}

port_80!(t01 t02 t03 t04 t05 t06 t07 t08 t09 t10 t11 t12 t13 t14 t15 t16);
