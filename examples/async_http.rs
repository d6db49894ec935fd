//! An HTTP server in one host and its client in another: ordinary async code, which knows nothing of this crate.
//!
//! Each host has a Tokio runtime of its own, which starts with the host's first task. What a task opens, belongs to its host. Look for:
//! - port 80, which needs no root and is nobody else's;
//! - `http://server/`: the system's resolver finds the name, since the host has an `/etc/hosts` of its own;
//! - the client's address, as the server sees it;
//! - the refusal once the server's task is gone, and its socket with it.
//!
//! No program is run and nothing is left behind: `cargo run --example async_http`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use netns_test::{Host, Network, Socket, TestResult, Topology, eventually};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> TestResult {
    netns_test::run(&Topology::lan(["client", "server"]), step_by_step)??;
    Ok(())
}

fn step_by_step(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    println!("A task in `server` takes connections.");
    let listener = server.run_async(|| TcpListener::bind("[::]:80")).join()?;
    let serving = server.spawn(move || serve(listener));
    print_sockets(server)?;

    println!("\nA task in `client` asks for a page, by the server's name.");
    println!("{}", client.run_async(|| fetch(false)).join()?);

    println!("\nThe same over HTTP/2, which both sides know of beforehand.");
    println!("{}", client.run_async(|| fetch(true)).join()?);

    println!("\nThe server's task is ended.");
    serving.abort();
    eventually(Duration::from_secs(10), || nobody_listens(server))?;
    match client.run_async(|| fetch(false)).join() {
        Ok(page) => return Err(format!("somebody else answered: {page}").into()),
        Err(error) => println!("GET http://server/: {}", root_cause(&*error)),
    }
    Ok(())
}

/// Serves both versions of the protocol, until somebody ends the task.
async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let protocol = auto::Builder::new(TokioExecutor::new());
    let mut connections = JoinSet::new();
    loop {
        let (stream, from) = listener.accept().await?;
        let greet = service_fn(move |request: Request<_>| async move {
            let text = format!("{:?}, {}", request.version(), from.ip().to_canonical());
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text))))
        });
        let connection = protocol.serve_connection(TokioIo::new(stream), greet);
        connections.spawn(connection.into_owned());
    }
}

/// Asks for the page with a client of its own, and thus on a connection of its own.
async fn fetch(http2: bool) -> Result<String, Failure> {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(http2)
        .build_http::<Full<Bytes>>();
    let response = client.get(Uri::from_static("http://server/")).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    let body = String::from_utf8_lossy(&body);
    Ok(format!("GET http://server/: {status}: {body}"))
}

fn print_sockets(host: Host<'_>) -> TestResult {
    println!("$ ip netns exec {} ss -antu", host.name());
    for socket in host.sockets()? {
        println!("{socket}");
    }
    Ok(())
}

fn nobody_listens(host: Host<'_>) -> bool {
    let sockets = host.sockets();
    sockets.is_ok_and(|sockets| !sockets.iter().any(Socket::is_listening))
}

/// The system's own words are at the bottom.
fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    error.source().map_or(error, root_cause)
}
