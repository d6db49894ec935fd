//! Async code in hosts, beside a body that runs under Tokio itself or does not.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;

use netns_test::{netns_test, Host, Network, TestResult, Topology};
use tokio::net::{TcpListener, TcpStream};
use tokio::task;

fn lan() -> Topology {
    Topology::lan(["client", "server"]).host("pool", |h| h.join("lan").worker_threads(2))
}

/// Sends each client its own address, from a task of its own.
fn serve(host: Host<'_>) -> TestResult<SocketAddr> {
    let address = host.socket_addr(80);
    let listener = host.run(|| std::net::TcpListener::bind(address))?;
    listener.set_nonblocking(true)?;
    host.spawn(move || async move {
        let listener = TcpListener::from_std(listener).unwrap();
        loop {
            let (stream, client) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                stream.writable().await.unwrap();
                stream.try_write(client.to_string().as_bytes()).unwrap();
            });
        }
    });
    Ok(address)
}

async fn ask(server: SocketAddr) -> TestResult<(String, String)> {
    let stream = TcpStream::connect(server).await?;
    stream.readable().await?;
    let mut answer = [0; 64];
    let length = stream.try_read(&mut answer)?;
    let answer = String::from_utf8(answer[..length].to_vec())?;
    Ok((answer, stream.local_addr()?.to_string()))
}

#[netns_test(topology = lan(), flavor = "multi_thread")]
async fn passes_with_clients_and_servers(net: &Network) -> TestResult {
    for host in ["server", "pool"] {
        let server = serve(net.host(host))?;
        // A task goes wherever a future goes: to a worker of the body's runtime, too.
        let there = tokio::spawn(net.host("client").run_async(move || ask(server)));
        let (answer, client) = there.await??;
        assert_eq!(answer, client);
        // The body's own runtime is in the root, which is not on the lan.
        ask(server).await.map(|_| ()).unwrap_err();
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn passes_with_a_sync_body(net: &Network) -> TestResult {
    let server = serve(net.host("server"))?;
    let (answer, client) = net.host("client").run_async(move || ask(server)).join()?;
    assert_eq!(answer, client);
    Ok(())
}

#[netns_test(topology = lan())]
async fn fails_by_a_panic_that_nobody_joined(net: &Network) {
    let sleep = net.host("server").command("sleep").arg("1000").spawn();
    drop(sleep.unwrap());
    net.host("server").spawn(|| async {
        panic!("out of cheese");
    });
}

/// The panic is the task's, and nobody got it.
#[netns_test(topology = lan())]
#[should_panic(expected = "out of cheese")]
fn fails_because_the_body_did_not_panic(net: &Network) {
    net.host("server").spawn(|| async {
        panic!("out of cheese");
    });
}

/// The body panics as it should, and hides nothing else by it.
#[netns_test(topology = lan())]
#[should_panic(expected = "wanted")]
fn fails_although_the_body_panicked_as_it_should(net: &Network) {
    net.host("server").spawn(|| async {
        panic!("out of cheese");
    });
    panic!("this is wanted");
}

#[netns_test(topology = lan())]
#[should_panic(expected = "out of cheese")]
async fn passes_by_the_panic_of_a_task_that_is_awaited(net: &Network) {
    let task = net
        .host("server")
        .spawn(|| async { panic!("out of cheese") });
    task.await
}

/// The client sees a closed connection; the report tells why.
#[netns_test(topology = lan())]
async fn fails_and_the_report_names_the_task(net: &Network) -> TestResult {
    let script =
        "for number in $(seq 30); do echo line $number; done; echo no cheese left >&2; sleep 1000";
    let mut shop = net
        .host("server")
        .command("sh")
        .args(["-c", script])
        .spawn()?;
    shop.expect_line_async("no cheese").await?;
    net.host("client").command("false").status()?;
    let address = net.host("server").socket_addr(80);
    let listener = net
        .host("server")
        .run(|| std::net::TcpListener::bind(address))?;
    listener.set_nonblocking(true)?;
    net.host("server").spawn(move || async move {
        let listener = TcpListener::from_std(listener).unwrap();
        let (_stream, _) = listener.accept().await.unwrap();
        panic!("cannot serve this");
    });
    let (answer, _) = net.host("client").run_async(move || ask(address)).await?;
    assert_eq!(answer, "an answer");
    Ok(())
}

#[netns_test(topology = lan())]
fn fails_by_a_task_that_never_awaits(net: &Network) {
    let (here, started) = mpsc::channel();
    net.host("server").spawn(|| async move {
        here.send(()).unwrap();
        loop {
            thread::park();
        }
    });
    started.recv().unwrap();
}

#[netns_test(topology = lan())]
fn fails_by_a_blocking_task(net: &Network) {
    let (here, started) = mpsc::channel();
    net.host("server").spawn(|| {
        task::spawn_blocking(move || {
            here.send(()).unwrap();
            loop {
                thread::park();
            }
        })
    });
    started.recv().unwrap();
}
