//! A QUIC connection that outlives its client's address.
//!
//! A TCP connection is a pair of addresses and dies with either. A QUIC connection has an identity of its own: when the client's host
//! changes its address, as a telephone does that leaves the house, the next packet comes from elsewhere, the server checks that
//! somebody is there, and goes on. Look for:
//! - the certificate, which the program makes itself and which the client checks by the server's name;
//! - the address that the server sees before and after;
//! - one connection: nobody has shaken hands again.
//!
//! No program is run and nothing is left behind: `cargo run --example quic`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

#[path = "support/certificate.rs"]
mod certificate;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use netns_test::{Host, Network, TestResult, Topology, eventually};
use quinn::rustls::RootCertStore;
use quinn::rustls::pki_types::CertificateDer;
use quinn::{ClientConfig, Connection, Endpoint, ServerConfig};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> TestResult {
    netns_test::run(&Topology::lan(["client", "server"]), step_by_step)??;
    Ok(())
}

fn step_by_step(net: &Network) -> TestResult {
    let (client, server) = (net.host("client"), net.host("server"));
    println!("`client` connects to `server`, by its name and under its certificate.");
    let (certificate, key) = certificate::certificate("server")?;
    let config = ServerConfig::with_single_cert(vec![certificate.clone()], key)?;
    let listening = server.run_async(|| async {
        let address = ([0, 0, 0, 0], 4433).into();
        Endpoint::server(config, address)
    });
    let endpoint = listening.join()?;
    let accepted = server.spawn(|| accept(endpoint));
    let here = client.run_async(|| connect(certificate)).join()?;
    let there = accepted.join()?;
    println!("the server's peer: {}", there.remote_address().ip());
    println!("answer: {}", ask(client, &here, "who am I?")?);

    println!("\nThe client's host gets another address, and loses the first one.");
    let cable = client.link("eth0");
    println!("# ip -netns client address del 10.1.0.1/16 dev eth0");
    cable.remove_address("10.1.0.1/16")?;
    println!("# ip -netns client address add 10.1.7.7/16 dev eth0");
    cable.add_address("10.1.7.7/16")?;
    println!("answer: {}", ask(client, &here, "and now?")?);
    eventually(Duration::from_secs(10), || {
        there.remote_address().ip() == client.ipv4()
    })?;
    println!("the server's peer: {}", there.remote_address().ip());
    match here.close_reason() {
        Some(reason) => return Err(reason.into()),
        None => println!("The connection is the same one."),
    }
    Ok(())
}

/// Takes one connection, and answers on each of its streams until it is closed.
async fn accept(endpoint: Endpoint) -> Result<Connection, Failure> {
    let connection = endpoint.accept().await.ok_or("closed")?.await?;
    let serving = connection.clone();
    tokio::spawn(async move {
        while let Ok((mut to, mut from)) = serving.accept_bi().await {
            let question = from.read_to_end(1_000).await?;
            let question = String::from_utf8_lossy(&question);
            let answer = format!("{question} you are {}", serving.remote_address().ip());
            to.write_all(answer.as_bytes()).await?;
            to.finish()?;
        }
        Ok::<(), Failure>(())
    });
    Ok(connection)
}

async fn connect(known: CertificateDer<'static>) -> Result<Connection, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(known)?;
    let mut endpoint = Endpoint::client(([0, 0, 0, 0], 0).into())?;
    endpoint.set_default_client_config(ClientConfig::with_root_certificates(Arc::new(roots))?);
    let mut found = tokio::net::lookup_host("server:4433").await?;
    let server = found
        .find(std::net::SocketAddr::is_ipv4)
        .ok_or("no address")?;
    Ok(endpoint.connect(server, "server")?.await?)
}

/// Asks on a stream of its own, in the client's host.
fn ask(client: Host<'_>, connection: &Connection, question: &'static str) -> TestResult<String> {
    let connection = connection.clone();
    let asked = client.run_async(move || async move {
        let (mut to, mut from) = connection.open_bi().await?;
        to.write_all(question.as_bytes()).await?;
        to.finish()?;
        let answer = from.read_to_end(1_000).await?;
        Ok::<_, Failure>(String::from_utf8(answer)?)
    });
    Ok(asked.join()?)
}
