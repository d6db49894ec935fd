//! Hosts that stand still, and go on.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use netns_test::{Host, Network, Process, TestResult, Topology, eventually, netns_test};

use crate::panic_text;

const ANSWER: Duration = Duration::from_secs(20);
const FAMILIES: [[&str; 3]; 2] = [
    ["10.1.0.1", "10.1.0.2", "10.1.0.3"],
    ["fd00:1::1", "fd00:1::2", "fd00:1::3"],
];

fn lan() -> Topology {
    Topology::lan(["a", "b", "c"])
}

/// Whether an answer comes to one request.
fn answers(from: Host<'_>, to: &str) -> bool {
    let quick = |p: netns_test::Ping| p.count(1).timeout(Duration::from_millis(200));
    from.ping_with(to, quick).unwrap().received() == 1
}

/// On a busy machine an answer may take longer than [`answers`] waits.
fn answers_again(from: Host<'_>, to: &str) -> netns_test::Result<()> {
    eventually(ANSWER, || answers(from, to))
}

#[netns_test(topology = lan())]
fn nobody_hears_a_paused_host_and_it_hears_nobody(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let before = b.interfaces()?;
    let pause = b.pause()?;
    for [_, to_b, to_c] in FAMILIES {
        assert!(!answers(a, to_b) && !answers(b, to_c), "{to_b}");
        answers_again(a, to_c)?;
    }
    assert!(!answers(b, "127.0.0.1") && !answers(b, "::1"));
    let interfaces = b.interfaces()?;
    assert_eq!(interfaces.len(), before.len());
    for (now, before) in interfaces.iter().zip(&before) {
        assert_eq!(
            (now.flags, &now.addresses),
            (before.flags, &before.addresses)
        );
    }
    pause.heal()?;
    for [to_a, to_b, _] in FAMILIES {
        answers_again(a, to_b)?;
        answers_again(b, to_a)?;
    }
    answers_again(b, "127.0.0.1")?;
    Ok(())
}

/// Neither is kept for later.
#[netns_test(topology = lan())]
fn what_is_sent_meanwhile_is_lost_both_ways(net: &Network) -> TestResult {
    for [on_a, on_b, _] in FAMILIES {
        let bind = |name: &str, address: &str| {
            let address = SocketAddr::new(address.parse().unwrap(), 9);
            let socket = net.host(name).run(|| UdpSocket::bind(address)).unwrap();
            socket.set_read_timeout(Some(ANSWER)).unwrap();
            socket
        };
        let (at_a, at_b) = (bind("a", on_a), bind("b", on_b));
        let exchange = |word: &[u8]| {
            at_a.send_to(word, at_b.local_addr()?)?;
            at_b.send_to(word, at_a.local_addr()?)
        };
        exchange(b"1 before")?;
        // It is there before the pause, and stays.
        for socket in [&at_a, &at_b] {
            socket.peek(&mut [0; 20])?;
        }
        net.host("b").pause()?.keep();
        exchange(b"2 meanwhile")?;
        net.heal()?;
        exchange(b"3 after")?;
        for socket in [at_a, at_b] {
            for expected in ["1 before", "3 after"] {
                let mut word = [0; 20];
                let length = socket.recv(&mut word)?;
                assert_eq!(str::from_utf8(&word[..length])?, expected);
            }
        }
    }
    Ok(())
}

#[netns_test(topology = lan())]
fn a_connection_goes_on_afterwards(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let listener = b.run(|| TcpListener::bind("0.0.0.0:80"))?;
    let mut client = a.run(|| TcpStream::connect(b.socket_addr(80)))?;
    let (mut server, _) = listener.accept()?;
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(ANSWER))?;
    }
    let pause = b.pause()?;
    client.write_all(b"to b")?;
    server.write_all(b"to a")?;
    client.set_nonblocking(true)?;
    let silence = client.read(&mut [0; 4]).unwrap_err();
    assert_eq!(silence.kind(), std::io::ErrorKind::WouldBlock);
    client.set_nonblocking(false)?;
    drop(pause);
    let mut word = [0; 4];
    server.read_exact(&mut word)?;
    assert_eq!(&word, b"to b");
    client.read_exact(&mut word)?;
    assert_eq!(&word, b"to a");
    Ok(())
}

/// Counts in a process of its own, as fast as it can.
const COUNTER: &str =
    "sh -c 'n=0; while :; do n=$((n+1)); echo $n >\"$0\"; done' \"$0\" & echo counts; wait";

fn count_to<'net>(host: Host<'net>, file: &str) -> TestResult<Process<'net>> {
    let mut counter = host.command("sh").args(["-c", COUNTER, file]).spawn()?;
    counter.expect_line("counts")?;
    Ok(counter)
}

/// A number as it was written; the file is empty for moments.
fn counted(file: &str) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[netns_test(topology = lan())]
fn its_programs_stand_still_and_no_others(net: &Network) -> TestResult {
    let files = ["a", "b"].map(|name| {
        let name = format!("netns-test-paused-{}-{name}", std::process::id());
        std::env::temp_dir().join(name).display().to_string()
    });
    let [on_a, on_b] = &files;
    let _counters = [
        count_to(net.host("a"), on_a)?,
        count_to(net.host("b"), on_b)?,
    ];
    // So far that another one could not have stood still by chance.
    let counts_on = |file: &str| {
        let before = counted(file).unwrap_or(0);
        eventually(ANSWER, || {
            counted(file).is_some_and(|it| it > before + 1000)
        })
    };
    counts_on(on_b)?;
    let pause = net.host("b").pause()?;
    let stood = fs::read_to_string(on_b)?;
    counts_on(on_a)?;
    assert_eq!(fs::read_to_string(on_b)?, stood);
    let error = net.host("b").command("true").status().unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to start programs in node `b`: it is paused\n  help: heal that first: a machine that stands still starts nothing"
    );
    pause.heal()?;
    counts_on(on_b)?;
    net.host("b").command("true").run()?;
    files.iter().try_for_each(fs::remove_file)?;
    Ok(())
}

#[netns_test(topology = lan())]
fn it_ends_with_its_guard_however_that_ends(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let text = panic_text(|| {
        let pause = b.pause().unwrap();
        assert_eq!(pause.to_string(), "host `b` is paused");
        assert!(!answers(a, "b"));
        let second = b.pause().unwrap_err();
        assert_eq!(
            second.to_string(),
            "failed to pause host `b`: it is paused already\n  help: heal the first pause before; hosts that share a network are paused together"
        );
        // Without a message, whose backtrace takes its time.
        std::panic::resume_unwind(Box::new("on purpose"));
    });
    assert_eq!(text, "on purpose");
    answers_again(a, "b")?;
    b.pause()?.keep();
    assert!(!answers(a, "b"));
    net.heal()?;
    answers_again(a, "b")?;
    Ok(())
}

#[netns_test(topology = lan())]
fn a_queue_of_somebody_elses_is_not_lost(net: &Network) -> TestResult {
    let b = net.host("b");
    let tc = |words: &str| b.command("tc").args(words.split(' ')).read();
    tc("qdisc add dev eth0 root handle 1: tbf rate 1gbit burst 1mb limit 10mb")?;
    let error = b.pause().unwrap_err().to_string();
    assert_eq!(
        error,
        "failed to silence interface `eth0` in node `b`: it has a queueing discipline of somebody's, which would be lost\n  help: remove that first: `tc qdisc del dev eth0 root`"
    );
    // Nothing is left half done.
    answers_again(net.host("a"), "b")?;
    answers_again(b, "127.0.0.1")?;
    assert!(tc("qdisc show dev eth0")?.starts_with("qdisc tbf 1: root"));
    tc("qdisc del dev eth0 root")?;
    b.pause()?.heal()?;
    assert!(tc("qdisc show dev eth0")?.starts_with("qdisc noqueue 0: root"));
    assert_eq!(b.command("nft").args(["list", "ruleset"]).read()?, "");
    Ok(())
}

#[netns_test(topology = Topology::new()
    .segment("left", ["10.1.0.0/24", "fd01::/64"])
    .segment("right", ["10.2.0.0/24", "fd02::/64"])
    .router("r", |r| r.join("left").join("right"))
    .host("a", |h| h.join("left"))
    .host("b", |h| h.join("right"))
    .host("sidecar", |h| h.share("b")))]
fn a_router_passes_nothing_on_and_those_who_share_stand_still_together(
    net: &Network,
) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let pause = net.host("r").pause()?;
    assert!(!answers(a, "10.2.0.3") && !answers(b, "fd01::2"));
    drop(pause);
    net.ping_all()?.assert_all_reachable();
    let mut sleep = b.command("sleep").arg("1000").spawn()?;
    let pause = net.host("sidecar").pause()?;
    let state = fs::read_to_string(format!("/proc/{}/stat", sleep.id()))?;
    assert!(state.contains(") T "), "{state}");
    assert!(!answers(a, "10.2.0.3"));
    drop(pause);
    answers_again(a, "b")?;
    sleep.kill()?;
    Ok(())
}

#[netns_test(topology = Topology::new()
    .bridge("br0", "10.0.0.254/24")
    .host("a", |h| h.join("br0"))
    .host("b", |h| h.join("br0")))]
fn the_root_bridges_nothing_while_it_is_paused(net: &Network) -> TestResult {
    let a = net.host("a");
    let pause = net.root().pause()?;
    assert!(!answers(a, "b") && !answers(a, "10.0.0.254"));
    drop(pause);
    net.ping_all()?.assert_all_reachable();
    Ok(())
}
