//! Asynchronous tests that pass, fail and hang on purpose; `tests/libtest` of the workspace's root runs them.
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]

mod tasks;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use netns_test::{netns_test, Network, TestResult, Topology};
use test_case::test_case;
use tokio::net::{TcpListener, TcpStream};
use tokio::task;

fn namespace() -> String {
    let link = std::fs::read_link("/proc/thread-self/ns/net").unwrap();
    link.to_str().unwrap().to_owned()
}

/// Tasks, blocking threads and sockets are all where the body is.
async fn everything_is_here() -> TestResult {
    let here = namespace();
    assert_eq!(tokio::spawn(async { namespace() }).await?, here);
    for _ in 0..8 {
        assert_eq!(task::spawn_blocking(namespace).await?, here);
    }
    let listener = TcpListener::bind("0.0.0.0:80").await?;
    let (near, far) = tokio::join!(TcpStream::connect("127.0.0.1:80"), listener.accept());
    assert_eq!(near?.local_addr()?, far?.1);
    Ok(())
}

#[netns_test]
async fn passes_on_one_thread() -> TestResult {
    let body = thread::current().id();
    task::yield_now().await;
    assert_eq!(thread::current().id(), body);
    everything_is_here().await
}

#[netns_test(flavor = "multi_thread")]
async fn passes_on_several_threads() -> TestResult {
    let workers = tokio::runtime::Handle::current().metrics().num_workers();
    assert_eq!(workers, thread::available_parallelism()?.get());
    let body = thread::current().id();
    let worker = tokio::spawn(async { thread::current().id() }).await?;
    assert_ne!(worker, body);
    everything_is_here().await
}

#[netns_test(topology = Topology::lan(["client", "server"]), inside = "server")]
async fn passes_inside_a_host(net: &Network) -> TestResult {
    let here = namespace();
    assert_eq!(net.host("server").run(namespace), here);
    assert_ne!(net.root().run(namespace), here);
    everything_is_here().await
}

#[netns_test]
#[should_panic(expected = "in a task's blocking thread")]
async fn passes_by_a_panic() {
    task::spawn_blocking(|| panic!("in a task's blocking thread"))
        .await
        .unwrap();
}

#[netns_test]
async fn fails_with_a_panic() {
    task::yield_now().await;
    panic!("after an await");
}

#[netns_test(flavor = "multi_thread")]
async fn fails_with_an_error() -> TestResult {
    TcpStream::connect("127.0.0.1:81").await?;
    Ok(())
}

#[netns_test(topology = Topology::lan(["client", "server"]), timeout = 1)]
async fn never_ends(net: &Network) {
    let _ = net;
    std::future::pending().await
}

/// The runtime gives a blocking thread one second; then it is a thread that was left.
#[netns_test]
async fn fails_by_a_blocking_thread_that_is_left() {
    let (here, started) = mpsc::channel();
    task::spawn_blocking(move || {
        here.send(()).unwrap();
        loop {
            thread::park();
        }
    });
    started.recv().unwrap();
}

/// What runs on after the body is cancelled with its runtime.
#[netns_test]
async fn passes_with_a_task_that_never_ends() {
    tokio::spawn(std::future::pending::<()>());
    task::yield_now().await;
}

#[netns_test]
async fn time_passes() {
    tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>())
        .await
        .unwrap_err();
}

#[test_case(80 ; "http")]
#[test_case(443 ; "https")]
#[netns_test::test]
async fn test_case_passes(port: u16) -> TestResult {
    TcpListener::bind(("0.0.0.0", port)).await?;
    Ok(())
}

#[test_case(1 => panics "no port" ; "too small")]
#[test_case(80 ; "large enough")]
#[netns_test::test]
async fn test_case_judges_panics(port: u16) {
    assert!(port >= 80, "no port");
}

/// An ordinary asynchronous test is what it was.
#[tokio::test]
async fn ordinary_passes() {
    assert_eq!(std::env::var("DOWNSTREAM_NS_net"), Ok(namespace()));
}
