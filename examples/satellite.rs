//! A page from the other end of a geostationary satellite link: what counts is how often somebody has to wait for the other.
//!
//! Light needs more than a quarter of a second up and down again, so that each round trip costs 0.6 seconds, and hardly
//! anything else costs anything. Look for:
//! - plain HTTP: one round trip for TCP's handshake, one for the page;
//! - HTTPS over TCP: one more for the handshake of TLS 1.3;
//! - QUIC, as secure: both handshakes are one, which saves a round trip.
//!
//! No program is run and nothing is left behind: `cargo run --example satellite`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

#[path = "support/certificate.rs"]
mod certificate;

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use netns_test::{Host, Network, Profile, TestResult, Topology};
use quinn::rustls::crypto::ring;
use quinn::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use quinn::rustls::{self, ClientConnection, RootCertStore, ServerConnection};
use quinn::{ClientConfig, Endpoint, ServerConfig};

type Failure = Box<dyn Error + Send + Sync>;

const REQUEST: &[u8] = b"GET / HTTP/1.0\r\n\r\n";
const PAGE: &[u8] = b"HTTP/1.0 200 OK\r\n\r\nhello from the ground station\n";

fn main() -> TestResult {
    let link = Topology::new()
        .seed(1)
        .host("ship", |h| h.impair(Profile::satellite()))
        .host("station", |h| h)
        .link("ship", "station");
    netns_test::run(&link, step_by_step)??;
    Ok(())
}

fn step_by_step(net: &Network) -> TestResult {
    let (ship, station) = (net.host("ship"), net.host("station"));
    println!("`ship` {}.", Profile::satellite());
    // It lets the hosts ask for hardware addresses first, which is a round trip of its own.
    let link = net.measure_with("ship", "station", |m| {
        m.datagrams(0).rate_for(Duration::ZERO).round_trips(3)
    })?;
    let round_trip = link.min().ok_or("no answer")?;
    println!("one round trip: {:.1} ms\n", milliseconds(round_trip));

    let (certificate, key) = certificate::certificate("station")?;
    let tls = server_config(certificate.clone(), key.clone_key())?;
    let known = Arc::new(client_config(certificate.clone())?);
    println!("{:<16} {:>12}  round trips", "", "first byte");
    tell("HTTP over TCP", round_trip, http(ship, station)?);
    tell(
        "HTTPS over TCP",
        round_trip,
        https(ship, station, tls, known)?,
    );
    tell(
        "HTTP over QUIC",
        round_trip,
        quic(ship, station, certificate, key)?,
    );
    Ok(())
}

fn tell(what: &str, round_trip: Duration, time: Duration) {
    let whole = time.as_nanos() / round_trip.as_nanos().max(1);
    println!("{what:<16} {:>9.1} ms  {whole}", milliseconds(time));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The time from the first packet to the first byte of the page.
fn http(ship: Host<'_>, station: Host<'_>) -> TestResult<Duration> {
    let address = SocketAddr::new(station.ipv4().into(), 80);
    let listener = station.run(|| TcpListener::bind(address))?;
    let time = std::thread::scope(|scope| {
        let serving = scope.spawn(move || answer(listener.accept()?.0));
        let start = Instant::now();
        let mut stream = ship.run(|| TcpStream::connect(address))?;
        stream.write_all(REQUEST)?;
        stream.read_exact(&mut [0])?;
        let time = start.elapsed();
        serving.join().map_err(|_| "the server panicked")??;
        Ok::<_, Failure>(time)
    })?;
    Ok(time)
}

fn https(
    ship: Host<'_>,
    station: Host<'_>,
    tls: rustls::ServerConfig,
    known: Arc<rustls::ClientConfig>,
) -> TestResult<Duration> {
    let address = SocketAddr::new(station.ipv4().into(), 443);
    let listener = station.run(|| TcpListener::bind(address))?;
    let time = std::thread::scope(|scope| {
        let serving = scope.spawn(move || {
            let session = ServerConnection::new(Arc::new(tls))?;
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            answer(rustls::StreamOwned::new(session, stream))?;
            Ok::<_, Failure>(())
        });
        let start = Instant::now();
        let stream = ship.run(|| TcpStream::connect(address))?;
        // What ends the handshake and the request are two small segments: the second one must not wait for the first to be acknowledged.
        stream.set_nodelay(true)?;
        let session = ClientConnection::new(known, "station".try_into()?)?;
        let mut stream = rustls::StreamOwned::new(session, stream);
        stream.write_all(REQUEST)?;
        stream.read_exact(&mut [0])?;
        let time = start.elapsed();
        serving.join().map_err(|_| "the server panicked")??;
        Ok::<_, Failure>(time)
    })?;
    Ok(time)
}

fn quic(
    ship: Host<'_>,
    station: Host<'_>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> TestResult<Duration> {
    let address = SocketAddr::new(station.ipv4().into(), 443);
    let config = ServerConfig::with_single_cert(vec![certificate.clone()], key)?;
    let listening = station.run_async(move || async move { Endpoint::server(config, address) });
    let endpoint = listening.join()?;
    let _serving = station.spawn(|| async move {
        let connection = endpoint.accept().await.ok_or("closed")?.await?;
        let (mut to, mut from) = connection.accept_bi().await?;
        from.read_to_end(REQUEST.len()).await?;
        to.write_all(PAGE).await?;
        to.finish()?;
        connection.closed().await;
        Ok::<_, Failure>(())
    });
    let fetching = ship.run_async(move || async move {
        let mut roots = RootCertStore::empty();
        roots.add(certificate)?;
        let mut endpoint = Endpoint::client(([0, 0, 0, 0], 0).into())?;
        endpoint.set_default_client_config(ClientConfig::with_root_certificates(Arc::new(roots))?);
        let start = Instant::now();
        let connection = endpoint.connect(address, "station")?.await?;
        let (mut to, mut from) = connection.open_bi().await?;
        to.write_all(REQUEST).await?;
        to.finish()?;
        from.read_exact(&mut [0]).await?;
        Ok::<_, Failure>(start.elapsed())
    });
    Ok(fetching.join()?)
}

/// Reads a request, and sends the page.
fn answer(mut stream: impl Read + Write) -> io::Result<()> {
    stream.read_exact(&mut [0; REQUEST.len()])?;
    stream.write_all(PAGE)?;
    stream.flush()
}

fn server_config(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> TestResult<rustls::ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions()?;
    Ok(config
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?)
}

fn client_config(certificate: CertificateDer<'static>) -> TestResult<rustls::ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate)?;
    let provider = Arc::new(ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
