//! Redis, reached by its Rust client.

use netns_test::{Network, TestResult, netns_test};
use redis::Commands;

use crate::scratch::Scratch;
use crate::{lan, require};

#[netns_test(topology = lan())]
fn a_rust_client_stores_in_redis_by_name(net: &Network) -> TestResult {
    require(&["redis-server"])?;
    let scratch = Scratch::new()?;
    let mut server = net
        .host("server")
        .command("redis-server")
        .args(["--bind", "0.0.0.0", "::", "--protected-mode", "no"])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(scratch.path())
        .spawn()?;
    server.expect_line("Ready to accept connections")?;
    let client = net.host("client");
    let stored: i64 = client.run(|| {
        let mut connection = redis::Client::open("redis://server/")?.get_connection()?;
        let () = connection.set("visits", 41)?;
        connection.incr("visits", 1)
    })?;
    assert_eq!(stored, 42);
    // Another connection, by the other family.
    let read: i64 = client.run(|| {
        let mut connection = redis::Client::open("redis://[fd00:1::2]/")?.get_connection()?;
        connection.get("visits")
    })?;
    assert_eq!(read, 42);
    Ok(())
}
