//! Ordinary `#[test]`s, whose process must be the one that people started, as it was when they did.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};

use crate::surroundings::{expected, namespace, status};

#[test]
fn keeps_its_namespaces() {
    for kind in ["net", "user", "mnt", "pid", "uts"] {
        assert_eq!(namespace(kind), expected(&format!("DOWNSTREAM_NS_{kind}")));
    }
}

#[test]
fn keeps_its_identity() {
    let keys = [
        "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapAmb",
    ];
    assert_eq!(status(&keys), expected("DOWNSTREAM_STATUS"));
}

#[test]
fn keeps_its_loopback() {
    let listener = TcpListener::bind(("localhost", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(("localhost", port)
        .to_socket_addrs()
        .unwrap()
        .all(|address| address.ip().is_loopback()));
    let mut near = TcpStream::connect(("localhost", port)).unwrap();
    let (mut far, _) = listener.accept().unwrap();
    near.write_all(b"hello").unwrap();
    let mut word = [0; 5];
    far.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"hello");
}

#[test]
fn fails_as_ever() {
    panic!("an ordinary failure");
}

#[test]
#[should_panic(expected = "ordinary")]
fn panics_as_ever() {
    panic!("an ordinary panic");
}
