//! What a client sees when the server stops, when it is gone, and when the cable is cut under it.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use http_body_util::{BodyExt, Channel};
use hyper::body::{Bytes, Incoming};
use hyper::{Response, Uri};
use netns_test::{Host, Network, Socket, TestResult, Topology, eventually_async, netns_test};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::SOON;
use crate::http_server::{Failure, Http, read, serve, text};

const PAGE: &str = "http://server/";

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// The system's error at the bottom of an error.
fn kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.find_map(|error| error.downcast_ref::<io::Error>().map(io::Error::kind))
}

/// What a client is told that has no connection yet.
async fn assert_refused(client: Host<'_>, http: Http) {
    let error = client.run_async(move || http.get(PAGE)).await;
    let error = error.unwrap_err();
    assert_eq!(
        kind(&*error),
        Some(ErrorKind::ConnectionRefused),
        "{error:?}"
    );
}

fn listens(server: Host<'_>) -> bool {
    server.sockets().unwrap().iter().any(Socket::is_listening)
}

/// Whoever was asking is answered, whoever comes later is refused, and then the server ends.
#[netns_test(topology = lan(), families(v4, v6, dual))]
async fn a_server_that_stops_ends_what_it_has_begun(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    for http in Http::BOTH {
        let (asked, mut is_asked) = mpsc::unbounded_channel();
        let answer = Arc::new(Notify::new());
        let go_on = Arc::clone(&answer);
        let served = serve(server, move |_, _| {
            let (asked, go_on) = (asked.clone(), Arc::clone(&go_on));
            async move {
                asked.send(())?;
                go_on.notified().await;
                text("goodbye")
            }
        })
        .await?;
        let last = client.run_async(move || http.get(PAGE));
        is_asked.recv().await.ok_or("the server is gone")?;
        let stopped = served.stop();
        eventually_async(SOON, async || !listens(server)).await?;
        assert_refused(client, http).await;
        assert!(!stopped.is_finished(), "{http:?}");
        answer.notify_one();
        assert_eq!(last.await?, "goodbye");
        stopped.await;
    }
    Ok(())
}

/// A connection that was idle dies with the server; the client notices, and a new one is refused.
#[netns_test(topology = lan(), families(v4, v6, dual))]
async fn a_server_that_is_aborted_refuses(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    for http in Http::BOTH {
        let served = serve(server, async |_, _| text("hello")).await?;
        let (first, has_first) = oneshot::channel();
        let (again, is_asked_again) = oneshot::channel::<()>();
        let asked = client.run_async(move || async move {
            let client = http.client();
            let page = || client.get(Uri::from_static(PAGE));
            assert_eq!(read(page().await?.into_body()).await?, "hello");
            first.send(()).map_err(|()| "nobody aborts the server")?;
            is_asked_again.await?;
            Ok::<_, Failure>(page().await)
        });
        has_first.await?;
        served.task.abort();
        eventually_async(SOON, async || !listens(server)).await?;
        assert_refused(client, http).await;
        again.send(()).map_err(|()| "the client is gone")?;
        assert!(asked.await?.is_err(), "{http:?}");
    }
    Ok(())
}

/// A switch in the root, so that its port can be taken down: the hosts keep their addresses.
fn switched() -> Topology {
    Topology::new()
        .bridge("br0", ())
        .host("client", |h| {
            h.attach("br0", ["10.1.0.1/16", "fd00:1::1/64"])
        })
        .host("server", |h| {
            h.attach("br0", ["10.1.0.2/16", "fd00:1::2/64"])
        })
}

/// How many TCP segments the host has sent once more.
fn retransmitted(host: Host<'_>) -> u64 {
    let text = host
        .run(|| std::fs::read_to_string("/proc/net/snmp"))
        .unwrap();
    let mut lines = text.lines().filter(|line| line.starts_with("Tcp:"));
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let mut fields = names.split(' ').zip(values.split(' '));
    let (_, count) = fields.find(|(name, _)| *name == "RetransSegs").unwrap();
    count.parse().unwrap()
}

/// The second half of the answer is sent into a cut cable, until TCP has tried once more; then the cable is joined.
#[netns_test(topology = switched(), families(v4, v6, dual))]
async fn a_transfer_survives_a_cut_cable(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let half = Bytes::from(vec![7; 50_000]);
    for http in Http::BOTH {
        let (feed, mut feeds) = mpsc::unbounded_channel();
        let served = serve(server, move |_, _| {
            let (sender, body) = Channel::<Bytes, Failure>::new(1);
            let fed = feed.send(sender);
            async move {
                fed.map_err(|_| "nobody feeds the answer")?;
                Ok(Response::new(body.boxed()))
            }
        })
        .await?;
        let (first, has_first) = oneshot::channel();
        let size = half.len();
        let asked = client.run_async(move || async move {
            let client = http.client();
            let mut body = client.get(Uri::from_static(PAGE)).await?.into_body();
            read_exactly(&mut body, size).await?;
            first.send(()).map_err(|()| "nobody cuts the cable")?;
            read_exactly(&mut body, size).await
        });
        let mut answer = feeds.recv().await.ok_or("the server is gone")?;
        answer.send_data(half.clone()).await?;
        has_first.await?;

        let port = net.root().link("veth1");
        let before = retransmitted(server);
        port.down()?;
        answer.send_data(half.clone()).await?;
        eventually_async(SOON, async || retransmitted(server) > before).await?;
        assert!(!asked.is_finished());
        port.up()?;
        asked.await?;
        served.stop().await;
    }
    Ok(())
}

async fn read_exactly(body: &mut Incoming, size: usize) -> Result<(), Failure> {
    let mut read = 0;
    while read < size {
        let frame = body.frame().await.ok_or("the answer ended early")??;
        read += frame.into_data().map_err(|_| "no data")?.len();
    }
    assert_eq!(read, size);
    Ok(())
}
