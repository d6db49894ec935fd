//! Where sockets live: those of tasks, workers and blocking threads, and of handles that were carried outside.

use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::sync::OnceLock;

use netns_test::{Network, TestResult, Topology, netns_test};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::panic_text;

fn lan() -> Topology {
    Topology::lan(["a", "b"])
}

fn socket() -> UdpSocket {
    UdpSocket::bind("0.0.0.0:0").unwrap()
}

#[netns_test(topology = lan())]
fn a_socket_is_owned_by_the_host_that_made_it(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let made = a.run(socket);
    a.assert_owns(&made);
    assert_eq!(
        panic_text(|| b.assert_owns(&made)),
        "the socket lives in host `a`, not in `b`"
    );
    assert_eq!(net.host_of(&made)?.unwrap().name(), "a");
    assert_eq!(net.host_of(&socket())?.unwrap().name(), "root");
    Ok(())
}

#[netns_test(topology = lan())]
fn a_socket_of_another_network_is_nobodys(net: &Network) -> TestResult {
    let other = Topology::new().build()?;
    let foreign = other.root().run(socket);
    assert!(net.host_of(&foreign)?.is_none());
    assert_eq!(
        panic_text(|| net.host("a").assert_owns(&foreign)),
        "the socket lives in none of this network's hosts, not in `a`: the machine's own network, or another test's"
    );
    other.close()?;
    Ok(())
}

static FROM_OUTSIDE: OnceLock<UnixDatagram> = OnceLock::new();

/// The topology is asked for on a thread that is still in the machine's network.
fn lan_and_a_socket() -> Topology {
    FROM_OUTSIDE.get_or_init(|| UnixDatagram::unbound().unwrap());
    lan()
}

/// For an ordinary user the kernel does not say whose it is, and that says enough.
#[netns_test(topology = lan_and_a_socket())]
fn a_socket_of_the_machine_is_nobodys(net: &Network) -> TestResult {
    assert!(net.host_of(FROM_OUTSIDE.get().unwrap())?.is_none());
    Ok(())
}

#[netns_test(topology = lan())]
fn what_is_no_socket_is_an_error(net: &Network) -> TestResult {
    let file: OwnedFd = std::fs::File::open("/dev/null")?.into();
    assert_eq!(
        net.host_of(&file).unwrap_err().to_string(),
        "failed to tell the host of a socket: the descriptor is no socket"
    );
    Ok(())
}

#[netns_test(topology = lan())]
fn tasks_and_blocking_threads_live_in_their_host(net: &Network) {
    for host in [net.host("a"), net.host("b"), net.root()] {
        let made = host.run_async(|| async {
            let local = tokio::task::spawn_local(async { socket() });
            let spawned = tokio::spawn(async { socket() });
            let blocking: Vec<_> = (0..4).map(|_| spawn_blocking(socket)).collect();
            let mut made = vec![socket(), local.await.unwrap(), spawned.await.unwrap()];
            for socket in blocking {
                made.push(socket.await.unwrap());
            }
            made
        });
        for socket in made.join() {
            host.assert_owns(&socket);
        }
    }
}

fn with_workers() -> Topology {
    Topology::new().host("busy", |h| h.worker_threads(3))
}

#[netns_test(topology = with_workers())]
fn workers_live_in_their_host(net: &Network) {
    let busy = net.host("busy");
    let (threads, made) = busy
        .run_async(|| async {
            let meet = std::sync::Arc::new(std::sync::Barrier::new(3));
            let tasks: Vec<_> = (0..3)
                .map(|_| {
                    let meet = std::sync::Arc::clone(&meet);
                    tokio::spawn(async move {
                        // All three workers are in here at once, and no other thread is.
                        meet.wait();
                        let here = netns_test::current().here().name().to_owned();
                        assert_eq!(here, "busy");
                        (std::thread::current().id(), socket())
                    })
                })
                .collect();
            let own = std::thread::current().id();
            let (mut threads, mut made) = (vec![own], vec![]);
            for task in tasks {
                let (thread, socket) = task.await.unwrap();
                threads.push(thread);
                made.push(socket);
            }
            made.push(spawn_blocking(socket).await.unwrap());
            (threads, made)
        })
        .join();
    let distinct: std::collections::HashSet<_> = threads.iter().collect();
    assert_eq!(distinct.len(), 4, "{threads:?}");
    for socket in &made {
        busy.assert_owns(socket);
    }
}

/// Tokio starts the thread where the caller is; it goes where it belongs, and so is right for the calls that reuse it.
#[netns_test(topology = lan())]
fn a_carried_handle_starts_threads_in_its_own_host(net: &Network) -> TestResult {
    let a = net.host("a");
    let handle = a.run_async(|| async { Handle::current() }).join();
    let outside = net.host("b").run(|| {
        handle.spawn_blocking(|| (netns_test::current().here().name().to_owned(), socket()))
    });
    let (name, outside) = a.run_async(move || outside).join()?;
    assert_eq!(name, "a");
    a.assert_owns(&outside);
    let reused = a.run_async(|| spawn_blocking(socket)).join()?;
    a.assert_owns(&reused);
    Ok(())
}

#[netns_test(topology = lan())]
async fn a_handle_of_the_body_starts_threads_where_the_body_is(net: &Network) -> TestResult {
    let handle = Handle::current();
    let outside = net.host("b").run(|| handle.spawn_blocking(socket));
    net.root().assert_owns(&outside.await?);
    Ok(())
}
