//! QUIC by quinn: a handshake under a certificate that the test makes, streams and datagrams.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Bytes;
use netns_test::{Family, Host, Network, Task, TestResult, Topology, netns_test};
use quinn::rustls::RootCertStore;
use quinn::rustls::pki_types::CertificateDer;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, ServerConfig, VarInt};

use crate::certificate::certificate;
use crate::http_server::Failure;

const PORT: u16 = 4433;

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

/// The wildcard address: that of IPv6 takes both families.
fn any(net: &Network, port: u16) -> SocketAddr {
    match net.families() {
        [Family::V4] => ([0, 0, 0, 0], port).into(),
        _ => ([0_u16; 8], port).into(),
    }
}

/// A server that sends back all streams and datagrams of one connection, and the certificate by which it is known.
pub(crate) struct Echo {
    pub(crate) connection: Task<Result<Connection, Failure>>,
    certificate: CertificateDer<'static>,
}

pub(crate) async fn echo(net: &Network) -> TestResult<Echo> {
    let (certificate, key) = certificate("server")?;
    let config = ServerConfig::with_single_cert(vec![certificate.clone()], key)?;
    let (server, address) = (net.host("server"), any(net, PORT));
    let endpoint = server.run_async(move || async move { Endpoint::server(config, address) });
    let endpoint = endpoint.await?;
    let connection = server.spawn(move || async move {
        let connection = endpoint.accept().await.ok_or("closed")?.await?;
        tokio::spawn(echo_streams(connection.clone()));
        tokio::spawn(echo_datagrams(connection.clone()));
        Ok(connection)
    });
    Ok(Echo {
        connection,
        certificate,
    })
}

/// Until the connection is lost, which whoever has it asserts.
async fn echo_streams(connection: Connection) {
    while let Ok((mut to, mut from)) = connection.accept_bi().await {
        tokio::spawn(async move {
            tokio::io::copy(&mut from, &mut to).await.unwrap();
            to.finish().unwrap();
        });
    }
}

async fn echo_datagrams(connection: Connection) {
    while let Ok(datagram) = connection.read_datagram().await {
        connection.send_datagram(datagram).unwrap();
    }
}

/// Connects from the client's host by the server's name. The endpoint is there to be moved.
pub(crate) async fn connect(
    net: &Network,
    known: CertificateDer<'static>,
) -> TestResult<(Endpoint, Result<Connection, ConnectionError>)> {
    let mut roots = RootCertStore::empty();
    roots.add(known)?;
    let config = ClientConfig::with_root_certificates(Arc::new(roots))?;
    let address = any(net, 0);
    let connected = net.host("client").run_async(move || async move {
        let mut endpoint = Endpoint::client(address)?;
        endpoint.set_default_client_config(config);
        let mut found = tokio::net::lookup_host(("server", PORT)).await?;
        let server = found.next().ok_or("the name has no address")?;
        let connection = endpoint.connect(server, "server")?.await;
        Ok::<_, Failure>((endpoint, connection))
    });
    Ok(connected.await?)
}

/// Sends something on a stream of its own and fails unless it comes back.
pub(crate) async fn assert_echoes(
    client: Host<'_>,
    connection: &Connection,
    size: usize,
) -> TestResult {
    let connection = connection.clone();
    let echoed = client.run_async(move || async move {
        let (mut to, mut from) = connection.open_bi().await?;
        let sent = vec![size as u8; size];
        let send = async {
            to.write_all(&sent).await?;
            to.finish()?;
            Ok::<(), Failure>(())
        };
        let (sending, received) = tokio::join!(send, from.read_to_end(size));
        sending?;
        assert!(received? == sent, "what came back is not what was sent");
        Ok::<(), Failure>(())
    });
    Ok(echoed.await?)
}

impl Echo {
    /// Both ends of a connection, and the client's endpoint.
    pub(crate) async fn connect(
        self,
        net: &Network,
    ) -> TestResult<(Endpoint, Connection, Connection)> {
        let (endpoint, here) = connect(net, self.certificate).await?;
        Ok((endpoint, here?, self.connection.await?))
    }
}

#[netns_test(topology = lan(), families(v4, v6, dual))]
async fn streams_and_datagrams_come_back(net: &Network) -> TestResult {
    let client = net.host("client");
    let (endpoint, here, there) = echo(net).await?.connect(net).await?;
    assert_eq!(there.remote_address().port(), endpoint.local_addr()?.port());
    for size in [0, 1, 1 << 20] {
        assert_echoes(client, &here, size).await?;
    }
    for number in 0..10_u8 {
        let datagram = Bytes::from(vec![number; 1_000]);
        here.send_datagram(datagram.clone())?;
        assert_eq!(here.read_datagram().await?, datagram);
    }
    here.close(VarInt::from_u32(7), b"enough");
    match there.closed().await {
        ConnectionError::ApplicationClosed(close) => {
            assert_eq!(
                (close.error_code, &close.reason[..]),
                (VarInt::from_u32(7), &b"enough"[..])
            );
        }
        other => panic!("{other}"),
    }
    Ok(())
}

#[netns_test(topology = lan(), families(v4, v6, dual))]
async fn a_server_with_another_certificate_is_refused(net: &Network) -> TestResult {
    let echo = echo(net).await?;
    let (other, _) = certificate("server")?;
    let (_endpoint, connection) = connect(net, other).await?;
    let error = connection.unwrap_err();
    assert!(
        matches!(error, ConnectionError::TransportError(_)),
        "{error}"
    );
    assert!(echo.connection.await.is_err());
    Ok(())
}
