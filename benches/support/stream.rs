//! TCP from host `client` to host `server`: how much, and how fast an answer.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use netns_test::Network;

const PORT: u16 = 5001;

/// What `client` gets through to `server`, in Gbit/s.
pub(crate) fn throughput(network: &Network, time: Duration) -> f64 {
    let start = Instant::now();
    let bytes = connect(
        network,
        move |mut stream| {
            let chunk = vec![0; 128 * 1024];
            while start.elapsed() < time {
                stream.write_all(&chunk)?;
            }
            Ok(0)
        },
        |mut stream| io::copy(&mut stream, &mut io::sink()),
    );
    bytes as f64 * 8.0 / start.elapsed().as_secs_f64() / 1e9
}

/// How long an answer to one byte takes, in microseconds.
pub(crate) fn round_trip(network: &Network, time: Duration) -> f64 {
    let start = Instant::now();
    let answers = connect(
        network,
        move |mut stream| {
            stream.set_nodelay(true)?;
            let mut byte = [0];
            while start.elapsed() < time {
                stream.write_all(&byte)?;
                stream.read_exact(&mut byte)?;
            }
            Ok(0)
        },
        |mut stream| {
            stream.set_nodelay(true)?;
            let mut answers = 0;
            let mut byte = [0];
            while stream.read(&mut byte)? > 0 {
                stream.write_all(&byte)?;
                answers += 1;
            }
            Ok(answers)
        },
    );
    start.elapsed().as_secs_f64() * 1e6 / answers as f64
}

/// One connection; returns what the server's side counted.
fn connect(
    network: &Network,
    client: impl FnOnce(TcpStream) -> io::Result<u64> + Send,
    server: impl FnOnce(TcpStream) -> io::Result<u64> + Send,
) -> u64 {
    let (from, to) = (network.host("client"), network.host("server"));
    let listener = to
        .run(|| TcpListener::bind(("0.0.0.0", PORT)))
        .expect("the port is free");
    let address = (to.ipv4(), PORT);
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| listener.accept().and_then(|(stream, _)| server(stream)));
        from.run(|| TcpStream::connect(address).and_then(client))
            .expect("the connection carries");
        let counted = serving.join().expect("the server does not panic");
        counted.expect("the connection carries")
    })
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
