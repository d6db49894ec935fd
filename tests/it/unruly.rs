//! Tasks that do not end: closing has a limit, and names them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use netns_test::{Mistake, Network, TestResult, Topology, netns_test};

use crate::panic_text;

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// Blocks the calling thread until the value is dropped, without ever awaiting.
struct Hold(Arc<AtomicBool>);

impl Hold {
    fn new() -> (Self, impl FnOnce() + Send + 'static, mpsc::Receiver<()>) {
        let over = Arc::new(AtomicBool::new(false));
        let (here, held) = mpsc::channel();
        let ends = Arc::clone(&over);
        let block = move || {
            here.send(()).unwrap();
            while !ends.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        };
        (Self(over), block, held)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[netns_test]
fn a_task_that_never_awaits_is_named() -> TestResult {
    let network = lan().build()?;
    let (hold, block, held) = Hold::new();
    let task = network.host("server").spawn(|| async { block() });
    held.recv()?;
    let error = network.close().unwrap_err();
    assert!(error.is_timed_out());
    let text = error.to_string();
    assert!(
        text.starts_with("failed to close the network: a task of host `server` still runs after "),
        "{text}"
    );
    assert!(text.contains(" s: thread `server` ("), "{text}");
    assert!(
        text.contains("\n  help: a task can only be ended where it awaits: let a long loop await, or run it by `spawn_blocking`\n"),
        "{text}"
    );
    assert!(
        text.ends_with("\n  help: on purpose? `.allow(Mistake::ThreadLeft)` in the topology"),
        "{text}"
    );
    // It still runs, and nobody waits for it.
    assert_eq!(
        panic_text(|| task.join()),
        "failed to join a task of host `server`: its network was closed before it ended"
    );
    drop(hold);
    Ok(())
}

#[netns_test]
fn a_blocking_task_that_does_not_end_is_named() -> TestResult {
    let network = lan().build()?;
    let (hold, block, held) = Hold::new();
    network
        .host("server")
        .run_async(|| async {
            drop(tokio::task::spawn_blocking(block));
        })
        .join();
    held.recv()?;
    let text = network.close().unwrap_err().to_string();
    assert!(
        text.starts_with("failed to close the network: a blocking task or a worker of host `server` still runs after "),
        "{text}"
    );
    assert!(text.contains(" s: thread `server pool` ("), "{text}");
    assert!(
        text.contains("\n  help: nothing can end blocking code from outside: tell it to end before the test does\n"),
        "{text}"
    );
    drop(hold);
    Ok(())
}

#[netns_test]
fn a_worker_that_does_not_end_is_named() -> TestResult {
    let network = Topology::new()
        .host("server", |h| h.worker_threads(1))
        .build()?;
    let (hold, block, held) = Hold::new();
    network
        .host("server")
        .run_async(|| async {
            drop(tokio::spawn(async { block() }));
        })
        .join();
    held.recv()?;
    let text = network.close().unwrap_err().to_string();
    assert!(text.contains("thread `server pool` ("), "{text}");
    drop(hold);
    Ok(())
}

/// Programs end after the tasks, unless a task waits for one without awaiting it.
#[netns_test]
fn a_task_that_blocks_on_a_program_ends_with_it() -> TestResult {
    let network = lan().build()?;
    let (begin, begun) = mpsc::channel();
    let blocked = network.host("server").spawn(move || async move {
        let current = netns_test::current();
        let mut sleep = current.here().command("sleep").arg("1000").spawn().unwrap();
        begin.send(()).unwrap();
        sleep.wait().unwrap()
    });
    begun.recv()?;
    network.close()?;
    assert_eq!(blocked.join().code(), None, "it was killed");
    Ok(())
}

#[netns_test]
fn a_task_that_may_be_left_is_no_error() -> TestResult {
    let network = lan().allow(Mistake::ThreadLeft).build()?;
    let (hold, block, held) = Hold::new();
    drop(network.host("server").spawn(|| async { block() }));
    held.recv()?;
    network.close()?;
    drop(hold);
    Ok(())
}

#[netns_test]
fn dropping_a_network_ends_its_tasks_quietly() -> TestResult {
    let network = lan().build()?;
    let task = network.host("server").spawn(std::future::pending::<()>);
    drop(network.host("client").spawn(|| async {
        std::panic::resume_unwind(Box::new("nobody hears this"));
    }));
    drop(network);
    assert!(task.is_finished());
    Ok(())
}

#[netns_test]
fn closing_tells_the_panic_that_nobody_joined() -> TestResult {
    let network = lan().build()?;
    drop(network.host("server").spawn(|| async {
        std::panic::resume_unwind(Box::new("out of cheese"));
    }));
    assert_eq!(
        network.close().unwrap_err().to_string(),
        "failed to finish a task of host `server`: it panicked: out of cheese\n  \
         help: nobody joined it: `.join()` or `.await` a task whose panic is expected"
    );
    Ok(())
}

/// What a task holds of the network goes with the task.
#[netns_test(topology = lan())]
fn a_task_that_holds_the_current_network_does_not_keep_it(_: &Network) -> TestResult {
    let network = lan().build()?;
    let (begin, begun) = mpsc::channel();
    drop(network.host("server").spawn(move || async move {
        let current = netns_test::current();
        begin.send(()).unwrap();
        std::future::pending::<()>().await;
        drop(current);
    }));
    begun.recv()?;
    network.close()?;
    Ok(())
}

/// Tokio says nothing of a thread that panics when it starts: we do.
#[netns_test]
fn a_carried_handle_of_a_closed_network_is_told_why() -> TestResult {
    let network = lan().build()?;
    let handle = network
        .host("server")
        .run_async(|| async { tokio::runtime::Handle::current() })
        .join();
    let (hold, block, held) = Hold::new();
    drop(network.host("server").spawn(|| async { block() }));
    held.recv()?;
    // The task does not end, and the runtime with it.
    assert!(network.close().is_err());
    let (tell, told) = mpsc::channel();
    std::panic::set_hook(Box::new(move |info| {
        tell.send(
            info.payload()
                .downcast_ref::<String>()
                .cloned()
                .unwrap_or_default(),
        )
        .unwrap();
    }));
    drop(handle.spawn_blocking(|| ()));
    assert_eq!(
        told.recv()?,
        "failed to enter node `server`: the network is closed\n  help: keep tokio's `Handle` inside the host that it belongs to"
    );
    drop(hold);
    Ok(())
}
