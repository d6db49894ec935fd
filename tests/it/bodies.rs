//! What a test's body may be, and where it runs.

use std::net::TcpListener;
use std::time::Duration;

use netns_test::{Network, TestResult, Topology, current, netns_test};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

#[netns_test]
fn every_test_has_its_own_port_80() -> TestResult {
    let _listener = TcpListener::bind("0.0.0.0:80")?;
    Ok(())
}

/// The same port, at the same time, in another test.
#[netns_test]
fn and_so_has_this_one() -> TestResult {
    let _listener = TcpListener::bind("0.0.0.0:80")?;
    Ok(())
}

#[netns_test(topology = lan(), inside = "server")]
fn a_body_inside_a_host() -> TestResult {
    let net = current();
    assert_eq!(net.here().name(), "server");
    let _listener = TcpListener::bind((net.here().ipv4(), 80))?;
    Ok(())
}

#[netns_test(topology = lan(), inside = "server")]
async fn an_async_body_talks_to_a_thread_in_another_host(net: &Network) -> TestResult {
    let listener = tokio::net::TcpListener::bind((net.host("server").ipv4(), 80)).await?;
    let client = net
        .host("client")
        .run(|| std::net::TcpStream::connect("10.1.0.2:80"))?;
    client.set_nonblocking(true)?;
    let mut client = tokio::net::TcpStream::from_std(client)?;
    let (mut server, _) = listener.accept().await?;
    client.write_all(b"hello").await?;
    let mut buffer = [0; 5];
    server.read_exact(&mut buffer).await?;
    assert_eq!(&buffer, b"hello");
    Ok(())
}

#[netns_test(topology = lan(), inside = "client", flavor = "multi_thread")]
async fn every_thread_of_a_runtime_is_inside(net: &Network) -> TestResult {
    let own = net.host("client").ipv4();
    let bind = move || TcpListener::bind((own, 0)).is_ok();
    assert!(tokio::task::spawn_blocking(bind).await?);
    let spawned: Vec<_> = (0..8)
        .map(|_| tokio::spawn(async move { bind() }))
        .collect();
    for task in spawned {
        assert!(task.await?);
    }
    Ok(())
}

#[netns_test(timeout = Duration::from_secs(90))]
fn a_timeout_of_its_own() {}

#[netns_test(topology = lan())]
#[should_panic(expected = "no such name (known: root, client, server)")]
fn a_panic_that_is_wanted(net: &Network) {
    net.host("nobody").name();
}

/// A network can be built and closed within a test, and says who is still in it.
#[netns_test]
fn closing_names_a_thread_that_is_left() -> TestResult {
    let network = lan().build()?;
    let (stay, wait) = std::sync::mpsc::channel::<()>();
    let thread = network.host("server").run(|| {
        std::thread::Builder::new()
            .name("lingers".to_owned())
            .spawn(move || wait.recv().is_err())
    })?;
    let error = network.close().unwrap_err().to_string();
    assert!(error.starts_with("failed to close the network: a thread still lives in it after the body has ended: `lingers` (thread "), "{error}");
    assert!(
        error.contains(") in node `server`\n  help: join the thread in the test"),
        "{error}"
    );
    drop(stay);
    assert!(thread.join().unwrap());
    lan().build()?.close()?;
    Ok(())
}
