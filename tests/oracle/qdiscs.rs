//! Wires by the kernel, as `tc` and `ethtool` show them.

#![allow(
    unsafe_code,
    reason = "the namespace where wires meet has no name, only sockets"
)]

use std::fs::{self, File};
use std::os::fd::FromRawFd;
use std::process::Command;
use std::time::Duration;

use netns_test::{
    Backend, Feature, Impairment, Jitter, Loss, Queue, Reorder, Topology, netns_test, require,
};
use nix::sched::{CloneFlags, setns};

use crate::compare::in_host;

fn wire() -> Topology {
    Topology::lan(["a", "b"]).wires().backend(Backend::Kernel)
}

/// The namespace where the only wire's halves meet, and its ports there. It has no name: of those that sockets of ours belong to, it is
/// the one with two cables.
fn between() -> (File, [String; 2]) {
    const SIOCGSKNS: libc::Ioctl = 0x894C;
    for entry in fs::read_dir("/proc/self/fd").unwrap() {
        let number: i32 = entry
            .unwrap()
            .file_name()
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        // SAFETY: it takes no argument, and returns a new descriptor or -1, whatever the number is.
        let namespace = unsafe { libc::ioctl(number, SIOCGSKNS) };
        if namespace < 0 {
            continue;
        }
        // SAFETY: the kernel has just made it, and nobody else knows it.
        let namespace = unsafe { File::from_raw_fd(namespace) };
        if let Ok(ports) = cables(&namespace).try_into() {
            return (namespace, ports);
        }
    }
    panic!("no socket is where two cables end");
}

fn cables(namespace: &File) -> Vec<String> {
    let text = shell(namespace, "ip -o link show type veth");
    let name = |line: &str| line.split([':', '@']).nth(1).unwrap().trim().to_owned();
    text.lines().map(name).collect()
}

/// What `sh` says to a line there.
fn shell(namespace: &File, line: &str) -> String {
    std::thread::scope(|scope| {
        let run = || {
            setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
            Command::new("sh").args(["-c", line]).output().unwrap()
        };
        let output = scope.spawn(run).join().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{line}`: {errors}");
        String::from_utf8(output.stdout).unwrap()
    })
}

#[netns_test]
fn each_port_hands_everything_to_the_other() {
    let network = wire().build().unwrap();
    let (namespace, [one, other]) = between();
    for (from, to) in [(&one, &other), (&other, &one)] {
        let text = shell(&namespace, &format!("tc filter show dev {from} ingress"));
        assert!(text.contains("protocol all pref 1 "), "{text}");
        assert!(
            text.contains(" matchall ") || text.contains(" u32 "),
            "{text}"
        );
        let redirects = format!("mirred (Egress Redirect to device {to}) stolen");
        assert_eq!(text.matches(&redirects).count(), 1, "{text}");
    }
    network.host("a").ping("b").unwrap().assert_lossless();
    network.close().unwrap();
}

/// Has the library and `tc` do the same side by side, and compares what `tc` shows.
fn assert_shown_alike(impairment: Impairment, netem: &str, rate: Option<(&str, &str)>) {
    let network = wire().build().unwrap();
    let (namespace, [_, port]) = between();
    let trouble = network
        .host("a")
        .link("eth0")
        .impair_egress(impairment)
        .unwrap();
    shell(&namespace, "ip link add typed type veth peer name peer");
    let mut parent = "root".to_owned();
    if require(Feature::Netem).is_ok() {
        shell(
            &namespace,
            &format!("tc qdisc add dev typed root handle 1: netem limit 1000000 {netem}"),
        );
        parent = "parent 1:1".to_owned();
    }
    if let Some((tbf, fifo)) = rate {
        shell(
            &namespace,
            &format!(
                "tc qdisc add dev typed {parent} handle 2: tbf {tbf} && tc qdisc add dev typed parent 2:1 {fifo}"
            ),
        );
    }
    let shown = |device: &str| {
        let text = shell(&namespace, &format!("tc qdisc show dev {device}"));
        let lines = text.lines().filter(|line| !line.contains("ingress"));
        // How many refer to it depends on whether the device is up.
        let words = |line: &str| -> Vec<String> {
            let mut words = line.split_whitespace().map(str::to_owned);
            let mut kept = Vec::new();
            while let Some(word) = words.next() {
                match word.as_str() {
                    "refcnt" | "seed" => drop(words.next()),
                    _ => kept.push(word),
                }
            }
            kept
        };
        lines.map(words).collect::<Vec<_>>()
    };
    assert_eq!(shown(&port), shown("typed"), "{netem}");
    drop(trouble);
    network.close().unwrap();
}

#[netns_test]
fn a_rate_is_what_tc_shows() {
    let ms = Duration::from_millis;
    let rate = |bits, queue| Impairment::new().rate(bits).queue(queue);
    for (impairment, tbf, fifo) in [
        (
            rate(8_000_000, Queue::Bytes(50_000)),
            "rate 8mbit burst 1522 limit 50000",
            "handle 3: bfifo limit 50000",
        ),
        (
            rate(8_000_000, Queue::Packets(33)),
            "rate 8mbit burst 1522 limit 33",
            "handle 4: pfifo limit 33",
        ),
        (
            rate(40_000_000_000, Queue::Time(ms(1))),
            "rate 40gbit burst 5000000 limit 5000000",
            "handle 3: bfifo limit 5000000",
        ),
        (
            rate(9_600, Queue::Bytes(1514)),
            "rate 9600bit burst 1522 limit 1514",
            "handle 3: bfifo limit 1514",
        ),
    ] {
        assert_shown_alike(impairment, "", Some((tbf, fifo)));
    }
}

/// Where netem is missing, there is nothing to show, and the refusal says why: `it`'s `kernel_backend`.
#[netns_test]
fn netem_is_what_tc_shows() {
    let ms = Duration::from_millis;
    let slow = || Impairment::new().delay(Duration::from_micros(12_345));
    if let Err(error) = require(Feature::Netem) {
        let refused = wire().impair(slow()).build().unwrap_err();
        assert_eq!(refused.missing_features(), error.missing_features());
        return;
    }
    let none = Impairment::new;
    for (impairment, typed) in [
        (slow(), "delay 12.345ms"),
        (none().delay(Duration::from_secs(100)), "delay 100s"),
        (
            none().delay(ms(10)).jitter(Jitter::normal(ms(3))),
            "delay 10ms 3ms",
        ),
        (
            none()
                .delay(ms(10))
                .jitter(Jitter::uniform(ms(3)).in_order()),
            "delay 10ms 3ms rate 1tbit",
        ),
        (none().loss(Loss::random(0.25)), "loss random 25%"),
        (none().loss(Loss::random(1.0)), "loss random 100%"),
        (
            none().loss(Loss::gilbert_elliott(0.01, 0.2, 0.9, 0.03)),
            "loss gemodel 1% 20% 90% 3%",
        ),
        (
            none().loss(Loss::correlated(0.1, 0.5)),
            "loss gemodel 5% 45% 100% 0%",
        ),
        (
            none().loss(Loss::four_state(0.01, 0.3, 0.2, 0.4, 0.05)),
            "loss state 1% 30% 20% 40% 5%",
        ),
        (none().duplicate(0.03), "duplicate 3%"),
        (none().corrupt(0.02), "corrupt 2%"),
        (
            slow().reorder(Reorder::new(0.25)),
            "delay 12.345ms reorder 25%",
        ),
        (
            slow().reorder(Reorder::new(0.25).gap(5)),
            "delay 12.345ms reorder 25% gap 5",
        ),
    ] {
        assert_shown_alike(impairment, typed, None);
    }
    let limited = slow().rate(1_000_000).queue(Queue::Bytes(20_000));
    let tbf = "rate 1mbit burst 1522 limit 20000";
    let fifo = "handle 3: bfifo limit 20000";
    assert_shown_alike(limited, "delay 12.345ms", Some((tbf, fifo)));
}

/// Off at both ends as long as the wire is impaired; then as they were, all of them.
#[netns_test]
fn offloads_are_off_while_a_wire_is_impaired() {
    let network = wire().build().unwrap();
    let (a, b) = (network.host("a"), network.host("b"));
    let seen = || [a, b].map(|host| in_host(host, "ethtool -k eth0"));
    let before = seen();
    let slow = Impairment::new().rate(1_000_000_000);
    let trouble = a.link("eth0").impair(slow).unwrap();
    for text in seen() {
        for feature in [
            "tx-checksumming",
            "scatter-gather",
            "tcp-segmentation-offload",
            "generic-segmentation-offload",
            "tx-udp-segmentation",
            "tx-sctp-segmentation",
        ] {
            let off = format!("{feature}: off");
            assert!(text.contains(&off), "{off}: {text}");
        }
    }
    trouble.heal().unwrap();
    assert_eq!(seen(), before);
    network.close().unwrap();
}

/// What a packet socket cannot read is cut into frames before: tunnels, SCTP, and UDP on kernels before 6.2.
#[netns_test]
fn a_wire_of_ours_is_sent_what_it_can_carry() {
    let network = wire().backend(Backend::Wire).build().unwrap();
    let text = in_host(network.host("a"), "ethtool -k eth0");
    for line in [
        "tcp-segmentation-offload: on",
        "scatter-gather: on",
        "tx-udp-segmentation: off",
        "tx-sctp-segmentation: off",
        "tx-gre-segmentation: off",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    network.close().unwrap();
}
