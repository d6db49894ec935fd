//! A hyper server in one host, hyper clients in others, by name and by address.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Channel};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use netns_test::{Family, Host, Network, TestResult, Topology, netns_test};
use tokio::sync::Barrier;

use crate::http_server::{Answer, Failure, Http, serve, text};

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// Every address of the host by which somebody may ask.
fn addresses(host: Host<'_>, families: &[Family]) -> Vec<IpAddr> {
    let address = |family: &Family| match family {
        Family::V4 => IpAddr::from(host.ipv4()),
        Family::V6 => IpAddr::from(host.ipv6()),
    };
    families.iter().map(address).collect()
}

#[netns_test(topology = lan(), families(v4, v6, dual))]
async fn a_page_comes_by_name_and_by_address(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    let _server = serve(server, async |request, from| {
        let from = from.ip().to_canonical();
        text(format!("{:?} for {from}", request.version()))
    })
    .await?;
    let own = addresses(client, net.families());
    for (http, version) in [(Http::One, "HTTP/1.1"), (Http::Two, "HTTP/2.0")] {
        let answer = client.run_async(move || http.get("http://server/")).await?;
        let expected: Vec<String> = own.iter().map(|it| format!("{version} for {it}")).collect();
        assert!(expected.contains(&answer), "{answer}");
        for (address, expected) in addresses(server, net.families()).into_iter().zip(expected) {
            let uri = format!("http://{}/", std::net::SocketAddr::new(address, 80));
            let answer = client.run_async(move || async move { http.get(&uri).await });
            assert_eq!(answer.await?, expected);
        }
    }
    Ok(())
}

/// Sends back what comes, as it comes.
async fn echo(request: Request<Incoming>, _from: std::net::SocketAddr) -> Answer {
    Ok(Response::new(
        request.into_body().map_err(Into::into).boxed(),
    ))
}

/// Each piece is back before the next one is sent: nothing on the way waits for the end of the body.
#[netns_test(topology = lan(), families(v4, v6, dual))]
async fn bodies_stream_both_ways(net: &Network) -> TestResult {
    let _server = serve(net.host("server"), echo).await?;
    for http in Http::BOTH {
        let asked = net.host("client").run_async(move || async move {
            let (mut pieces, body) = Channel::<Bytes, Failure>::new(1);
            let request = Request::post("http://server/").body(body.boxed())?;
            let client = http.client();
            let mut answer = client.request(request).await?.into_body();
            for number in 0..100 {
                let piece = Bytes::from(format!("piece {number}"));
                pieces.send_data(piece.clone()).await?;
                let frame = answer.frame().await.ok_or("the answer ended early")??;
                assert_eq!(frame.into_data().unwrap(), piece);
            }
            drop(pieces);
            assert!(answer.collect().await?.to_bytes().is_empty());
            Ok::<(), Failure>(())
        });
        asked.await?;
    }
    Ok(())
}

const CLIENTS: [&str; 3] = ["a", "b", "c"];
const REQUESTS: usize = 50;

/// The server answers when all have asked: none of them waits for another one's answer.
#[netns_test(topology = Topology::lan(CLIENTS).host("server", |h| h.join("lan")), families(v4, v6, dual))]
async fn fifty_requests_are_served_at_once(net: &Network) -> TestResult {
    let all = Arc::new(Barrier::new(REQUESTS));
    let _server = serve(net.host("server"), move |_, from| {
        let all = Arc::clone(&all);
        async move {
            all.wait().await;
            text(from.to_string())
        }
    })
    .await?;
    for http in Http::BOTH {
        let asked: Vec<_> = (0..REQUESTS)
            .map(|number| {
                let client = net.host(CLIENTS[number % CLIENTS.len()]);
                client.run_async(move || http.get("http://server/"))
            })
            .collect();
        let mut askers = HashSet::new();
        for answer in asked {
            askers.insert(answer.await?.parse::<std::net::SocketAddr>()?);
        }
        assert_eq!(askers.len(), REQUESTS, "each has a connection of its own");
        let hosts: HashSet<IpAddr> = askers.iter().map(|it| it.ip().to_canonical()).collect();
        assert!(hosts.len() >= CLIENTS.len(), "{hosts:?}");
    }
    Ok(())
}
