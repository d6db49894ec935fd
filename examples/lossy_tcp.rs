//! What TCP gets through a link that loses packets.
//!
//! Every loss is a sign of congestion to TCP, and it sends half as much, or about that. So a loss of 1 % does not cost 1 % but most of what a
//! link carries, the more the longer it is. Six links of 20 Mbit/s and a round trip of 50 ms lose 0 to 5 % of what the server sends, all at
//! once for six seconds. Look for:
//! - the first column that is much less than 20 Mbit/s;
//! - the formula of Mathis (1997) beside it, `1.22 × segment / (round trip × √loss)`: older than the congestion control of today's
//!   kernels, which does better, and still the shape of it;
//! - what is left at 5 %, where lost packets are those that were sent again.
//!
//! No program is run and nothing is left behind: `cargo run --example lossy_tcp`. `-- wire` has this crate's own wire lose the packets,
//! `-- kernel` the kernel's netem.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use netns_test::{Backend, Impairment, Loss, Network, Profile, TestResult, Topology};

/// In percent.
const LOSSES: [f64; 6] = [0.0, 0.1, 0.5, 1.0, 2.0, 5.0];
const RATE: u64 = 20_000_000;
const DELAY: Duration = Duration::from_millis(25);
const TIME: Duration = Duration::from_secs(6);
const SEGMENT: f64 = 1448.0;

fn main() -> TestResult {
    let backend = match std::env::args().nth(1).as_deref() {
        Some("kernel") => Backend::Kernel,
        Some("wire") => Backend::Wire,
        None | Some("auto") => Backend::Automatic,
        Some(other) => return Err(format!("`{other}` is none of kernel, wire and auto").into()),
    };
    netns_test::run(&links(backend), table)??;
    Ok(())
}

/// A server and a client on a link of their own for each loss.
fn links(backend: Backend) -> Topology {
    let way = Impairment::new().delay(DELAY).rate(RATE);
    let links = Topology::new().backend(backend).seed(1);
    LOSSES
        .iter()
        .enumerate()
        .fold(links, |links, (number, loss)| {
            let [server, client] = [format!("server{number}"), format!("client{number}")];
            let lossy = match loss {
                0.0 => way.clone(),
                loss => way.clone().loss(Loss::random(loss / 100.0)),
            };
            // What the server sends gets lost, what the client acknowledges does not.
            let profile = Profile::new(lossy, way.clone());
            links
                .host(&server, |h| h.impair(profile))
                .host(&client, |h| h)
                .link(server.as_str(), client.as_str())
        })
}

fn table(net: &Network) -> TestResult {
    let link = net.host("server0").link("eth0");
    println!(
        "TCP for {TIME:?} over {} Mbit/s and a round trip of {:?}; the packets are carried by the {}.\n",
        RATE / 1_000_000,
        DELAY * 2,
        match link.backend()? {
            Backend::Kernel => "kernel",
            _ => "wire",
        }
    );
    let rates = std::thread::scope(|scope| {
        let running: Vec<_> = (0..LOSSES.len())
            .map(|number| scope.spawn(move || goodput(net, number)))
            .collect();
        let rates = running.into_iter().map(|it| match it.join() {
            Ok(rate) => rate.map_err(|cause| cause.to_string()),
            Err(_) => Err("a thread panicked".to_owned()),
        });
        rates.collect::<Result<Vec<f64>, String>>()
    })?;
    println!("{:>6}  {:>12}  {:>12}", "loss", "goodput", "Mathis");
    for (loss, rate) in LOSSES.into_iter().zip(rates) {
        let round_trip = DELAY.as_secs_f64() * 2.0;
        let theory = 1.22 * SEGMENT * 8.0 / (round_trip * (loss / 100.0).sqrt());
        let [rate, theory] = [rate, theory.min(RATE as f64)].map(|it| it / 1e6);
        println!("{loss:>4} %  {rate:>5.2} Mbit/s  {theory:>5.2} Mbit/s");
    }
    Ok(())
}

/// What a client receives in the time, in bits per second.
fn goodput(net: &Network, number: usize) -> std::io::Result<f64> {
    let server = net.host(&format!("server{number}"));
    let client = net.host(&format!("client{number}"));
    let address = (server.ipv4(), 5001);
    let listener = server.run(|| TcpListener::bind(address))?;
    let mut sink = client.run(|| TcpStream::connect(address))?;
    let (mut source, _) = listener.accept()?;
    std::thread::scope(|scope| {
        let (start, mut received) = (Instant::now(), 0);
        // It ends when nobody listens any more.
        scope.spawn(move || while source.write_all(&[0; 16 * 1024]).is_ok() {});
        let mut buffer = vec![0; 64 * 1024];
        sink.set_read_timeout(Some(TIME))?;
        while start.elapsed() < TIME {
            received += match sink.read(&mut buffer) {
                Ok(length) => length,
                Err(_) => break,
            };
        }
        drop(sink);
        Ok(received as f64 * 8.0 / start.elapsed().as_secs_f64())
    })
}
