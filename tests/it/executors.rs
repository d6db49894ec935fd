//! Other executors than Tokio's: in a host by `Host::run`, and around tasks.

use std::net::{TcpListener, TcpStream};

use async_executor::LocalExecutor;
use async_io::Async;
use netns_test::{Mistake, Network, TestResult, Topology, netns_test};

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// async-io starts one thread for the whole process, which stays where it was first needed.
#[netns_test(topology = lan().allow(Mistake::ThreadLeft))]
fn a_local_executor_runs_in_a_host(net: &Network) -> TestResult {
    let server = net.host("server");
    let address = server.socket_addr(80);
    let listener = server.run(|| Async::<TcpListener>::bind(address))?;
    server.assert_owns(&listener);
    std::thread::scope(|scope| {
        let accepted = scope.spawn(|| {
            server.run(|| {
                let executor = LocalExecutor::new();
                let accepted = executor.spawn(async { listener.accept().await });
                async_io::block_on(executor.run(accepted))
            })
        });
        let stream = net.host("client").run(|| {
            let executor = LocalExecutor::new();
            let connected = executor.spawn(Async::<TcpStream>::connect(address));
            async_io::block_on(executor.run(connected))
        })?;
        let (_accepted, from) = accepted.join().unwrap()?;
        assert_eq!(from, stream.get_ref().local_addr()?);
        net.host("client").assert_owns(&stream);
        Ok(())
    })
}

/// A task is a future like others.
#[netns_test(topology = lan().allow(Mistake::ThreadLeft))]
fn another_executor_awaits_a_task(net: &Network) {
    let task = net
        .host("server")
        .spawn(|| async { tokio::task::spawn_blocking(|| 5).await });
    assert_eq!(async_io::block_on(task).unwrap(), 5);
}
