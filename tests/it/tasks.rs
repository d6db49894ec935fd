//! Async code in hosts: tasks that are awaited, joined, aborted and dropped.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use netns_test::{Host, Network, TestResult, Topology, current, netns_test};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::panic_text;

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// Answers each connection with what it says, for ever. The host listens when this returns.
fn echo(host: Host<'_>) -> TestResult<SocketAddr> {
    let address = host.socket_addr(7);
    let listener = host.run(|| std::net::TcpListener::bind(address))?;
    listener.set_nonblocking(true)?;
    drop(host.spawn(move || async move {
        let listener = TcpListener::from_std(listener).unwrap();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::task::spawn_local(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await.unwrap();
            });
        }
    }));
    Ok(address)
}

async fn ask(server: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(b"hello").await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[netns_test(topology = lan())]
fn a_sync_body_joins(net: &Network) -> TestResult {
    let server = echo(net.host("server"))?;
    let answer = net.host("client").run_async(move || ask(server)).join()?;
    assert_eq!(answer, "hello");
    Ok(())
}

#[netns_test(topology = lan())]
async fn an_async_body_awaits(net: &Network) -> TestResult {
    let server = echo(net.host("server"))?;
    let client = net.host("client");
    let (one, other) = tokio::join!(
        client.run_async(move || ask(server)),
        client.run_async(move || ask(server))
    );
    assert_eq!([one?, other?], ["hello", "hello"]);
    Ok(())
}

/// Joining needs no runtime, so that it does not mind one.
#[netns_test(topology = lan())]
async fn an_async_body_joins(net: &Network) -> TestResult {
    let server = echo(net.host("server"))?;
    let answer = net.host("client").run_async(move || ask(server)).join()?;
    assert_eq!(answer, "hello");
    Ok(())
}

/// A task is awaited on a thread of the body's that is none of any host's.
#[netns_test(topology = lan(), flavor = "multi_thread")]
async fn an_async_body_with_workers_awaits(net: &Network) -> TestResult {
    let server = echo(net.host("server"))?;
    let asked = net.host("client").run_async(move || ask(server));
    assert_eq!(tokio::spawn(asked).await??, "hello");
    Ok(())
}

#[netns_test(topology = lan())]
fn a_future_need_not_be_send(net: &Network) -> TestResult {
    let shared = net.host("client").run_async(|| async {
        let shared = Rc::new(5);
        let other = Rc::clone(&shared);
        tokio::task::spawn_local(async move { *other })
            .await
            .unwrap()
            + *shared
    });
    assert_eq!(shared.join(), 10);
    Ok(())
}

/// A task of one host asks another host for something: `net` cannot get there, `current()` is there.
#[netns_test(topology = lan())]
fn tasks_nest(net: &Network) -> TestResult {
    let server = echo(net.host("server"))?;
    let task = net.host("client").spawn(move || async move {
        assert_eq!(current().here().name(), "client");
        let there = current().host("server").run_async(|| async {
            assert_eq!(current().here().name(), "server");
            current().here().socket_addr(7)
        });
        assert_eq!(there.await, server);
        ask(server).await
    });
    assert_eq!(task.join()?, "hello");
    Ok(())
}

/// A future that never ends, and what it tells.
struct Endless {
    make: Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>,
    begun: Receiver<()>,
    /// The thread on which it was dropped, which is called by its host.
    ended: Receiver<String>,
}

/// Tells when it is dropped, and by which thread.
struct Guard(Sender<String>);

impl Drop for Guard {
    fn drop(&mut self) {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        self.0.send(name).unwrap();
    }
}

fn endless() -> Endless {
    let ((begin, begun), (end, ended)) = (mpsc::channel(), mpsc::channel());
    let guard = Guard(end);
    let make = move || -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            let _guard = guard;
            begin.send(()).unwrap();
            std::future::pending::<()>().await;
        })
    };
    Endless {
        make: Box::new(make),
        begun,
        ended,
    }
}

#[netns_test(topology = lan())]
fn an_aborted_task_is_dropped_in_its_host(net: &Network) -> TestResult {
    let endless = endless();
    let task = net.host("server").spawn(endless.make);
    endless.begun.recv()?;
    assert!(!task.is_finished());
    task.abort();
    assert_eq!(endless.ended.recv()?, "server");
    assert_eq!(
        panic_text(|| task.join()),
        "failed to join a task of host `server`: it was aborted"
    );
    Ok(())
}

#[netns_test(topology = lan())]
fn dropping_ends_what_run_async_started(net: &Network) -> TestResult {
    let endless = endless();
    let task = net.host("server").run_async(endless.make);
    endless.begun.recv()?;
    drop(task);
    assert_eq!(endless.ended.recv()?, "server");
    Ok(())
}

#[netns_test(topology = lan())]
fn dropping_does_not_end_what_spawn_started(net: &Network) -> TestResult {
    let (ask, question) = mpsc::channel::<Sender<&str>>();
    drop(net.host("server").spawn(|| async move {
        let asked = tokio::task::spawn_blocking(move || question.recv());
        asked.await.unwrap().unwrap().send("still there").unwrap();
    }));
    // A task of the same host that was started later has run: had the first one been ended, it would be gone.
    net.host("server").run_async(|| async {}).join();
    let (answer, answered) = mpsc::channel();
    ask.send(answer)?;
    assert_eq!(answered.recv()?, "still there");
    Ok(())
}

#[netns_test(topology = lan())]
fn closing_drops_tasks_in_their_hosts(_: &Network) -> TestResult {
    let network = lan().build()?;
    let endless = endless();
    let task = network.host("server").spawn(endless.make);
    endless.begun.recv()?;
    network.close()?;
    assert_eq!(endless.ended.recv()?, "server");
    assert_eq!(
        panic_text(|| task.join()),
        "failed to join a task of host `server`: its network was closed before it ended"
    );
    Ok(())
}

#[netns_test(topology = lan())]
async fn a_panic_goes_on_in_whoever_awaits(net: &Network) {
    let task = net
        .host("server")
        .spawn(|| async { panic!("out of {}", "cheese") });
    let awaited = tokio::spawn(task);
    let payload = awaited.await.unwrap_err().into_panic();
    assert_eq!(crate::message(&*payload), "out of cheese");
}

#[netns_test(topology = lan())]
#[should_panic(expected = "out of cheese")]
fn a_panic_goes_on_in_whoever_joins(net: &Network) {
    net.host("server")
        .spawn(|| async { panic!("out of cheese") })
        .join()
}

#[netns_test(topology = lan())]
fn a_task_cannot_be_joined_by_the_thread_that_runs_it(net: &Network) {
    let text = net.host("server").run_async(|| async {
        let never = current().here().run_async(std::future::pending::<()>);
        panic_text(|| never.join())
    });
    assert_eq!(
        text.join(),
        "failed to join a task of host `server`: the thread that would wait is the one that runs it\n  help: `.await` it"
    );
}

#[netns_test(topology = lan())]
fn time_passes_in_hosts(net: &Network) {
    let late = net.host("server").run_async(|| async {
        let never = std::future::pending::<()>();
        tokio::time::timeout(Duration::from_millis(1), never)
            .await
            .is_err()
    });
    assert!(late.join());
}

/// Sync code and async code of two hosts talk to each other.
#[netns_test(topology = lan())]
fn threads_talk_to_tasks(net: &Network) -> TestResult {
    let server = echo(net.host("server"))?;
    let mut stream = net
        .host("client")
        .run(|| std::net::TcpStream::connect(server))?;
    stream.write_all(b"hi")?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    assert_eq!(answer, "hi");
    Ok(())
}

#[netns_test(topology = Topology::lan((0..64).map(|number| format!("h{number}"))))]
fn sixty_four_hosts_have_a_runtime_each(net: &Network) -> TestResult {
    let hosts: Vec<Host<'_>> = net.hosts().collect();
    let servers = hosts
        .iter()
        .map(|host| echo(*host))
        .collect::<TestResult<Vec<SocketAddr>>>()?;
    let asked: Vec<_> = hosts
        .iter()
        .enumerate()
        .map(|(number, host)| {
            let server = servers[(number + 1) % servers.len()];
            host.run_async(move || ask(server))
        })
        .collect();
    for answer in asked {
        assert_eq!(answer.join()?, "hello");
    }
    Ok(())
}
