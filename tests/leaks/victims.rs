//! Tests like those that people write, with networks of every kind. Others of this program's tests run them to disturb them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use netns_test::{Network, TestResult, Topology, netns_test};

/// Names a folder: the tests report there with their process's number, and go on when there is a file `open`.
pub(crate) const GATE: &str = "NETNS_TEST_LEAKS_GATE";
/// How many there are.
pub(crate) const NUMBER: usize = 16;

macro_rules! victims {
    ($($name:ident: $topology:expr;)*) => {
        $(
            #[netns_test(topology = $topology, timeout = 120)]
            fn $name(net: &Network) -> TestResult {
                talk(net)?;
                wait_at_the_gate()?;
                let second = Topology::lan(["a", "b"]).build()?;
                talk(&second)?;
                Ok(second.close()?)
            }
        )*
        #[test]
        fn are_all_counted() {
            assert_eq!([$(stringify!($name)),*].len(), NUMBER);
        }
    };
}

victims! {
    pair_1: Topology::lan(["a", "b"]);
    pair_2: Topology::lan(["a", "b"]);
    pair_3: Topology::lan(["a", "b"]);
    pair_4: Topology::lan(["a", "b"]);
    pair_5: Topology::lan(["a", "b"]);
    pair_6: Topology::lan(["a", "b"]);
    pair_7: Topology::lan(["a", "b"]);
    pair_8: Topology::lan(["a", "b"]);
    three_1: Topology::lan(["a", "b", "c"]);
    three_2: Topology::lan(["a", "b", "c"]);
    three_3: Topology::lan(["a", "b", "c"]);
    bridge_1: bridged();
    bridge_2: bridged();
    bridge_3: bridged();
    nobody_1: Topology::new();
    nobody_2: Topology::new();
}

/// A bridge in the root with an address, and two hosts.
pub(crate) fn bridged() -> Topology {
    Topology::new()
        .bridge("br0", ["10.1.0.254/16", "fd00:1::fe/64"])
        .host("a", |h| h.attach("br0", ["10.1.0.1/16", "fd00:1::1/64"]))
        .host("b", |h| h.attach("br0", ["10.1.0.2/16", "fd00:1::2/64"]))
}

/// Sends a few bytes from `a` to `b`, if they are there.
pub(crate) fn talk(net: &Network) -> TestResult {
    let (Ok(a), Ok(b)) = (net.find_host("a"), net.find_host("b")) else {
        drop(TcpListener::bind("127.0.0.1:80")?);
        return Ok(());
    };
    let listener = b.run(|| TcpListener::bind("0.0.0.0:80"))?;
    let mut client = a.run(|| TcpStream::connect(b.socket_addr(80)))?;
    client.write_all(b"hello")?;
    drop(client);
    let mut text = String::new();
    listener.accept()?.0.read_to_string(&mut text)?;
    assert_eq!(text, "hello");
    Ok(())
}

fn wait_at_the_gate() -> TestResult {
    let Some(folder) = std::env::var_os(GATE).map(PathBuf::from) else {
        return Ok(());
    };
    std::fs::write(folder.join(std::process::id().to_string()), "")?;
    while !folder.join("open").exists() {
        if !folder.exists() {
            return Err("the test that asked for this has gone".into());
        }
        // The test that asked for this looks from outside, which no event announces here.
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
