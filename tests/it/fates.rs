//! What becomes of packets follows from the seed: the same one, the same fates.

use std::net::UdpSocket;
use std::time::Duration;

use netns_test::{
    Backend, Family, Impairment, Jitter, Loss, Match, Network, RecordedPacket, TestResult,
    Topology, netns_test,
};

use crate::acquainted::acquaint;

const PACKETS: usize = 1_000;
/// So many are sent before the wire has taken them in.
const BATCH: usize = 50;

/// Something of everything that chance decides.
fn bad() -> Impairment {
    let delay = Impairment::new().delay(Duration::from_millis(5));
    delay
        .jitter(Jitter::normal(Duration::from_millis(1)))
        .loss(Loss::gilbert_elliott(0.05, 0.3, 0.9, 0.01))
        .duplicate(0.05)
        .corrupt(0.05)
}

fn pair(seed: u64) -> Topology {
    // IPv6 speaks of its groups whenever it likes, and each packet draws.
    let pair = Topology::lan(["a", "b"]).only(Family::V4).wires();
    pair.backend(Backend::Wire).seed(seed)
}

/// The fates of 1,000 datagrams, in the order in which they were sent.
fn fates(net: &Network) -> TestResult<Vec<String>> {
    let [a, b] = ["a", "b"].map(|name| net.host(name));
    // No other packet draws.
    acquaint(net, ["a", "b"])?;
    let link = a.link("eth0");
    let _trouble = link.impair_egress(bad())?;
    let recording = link.record()?;
    let receiver = b.run(|| UdpSocket::bind((b.ipv4(), 0)))?;
    let sender = a.run(|| UdpSocket::bind((a.ipv4(), 0)))?;
    let ours = || Match::udp().sent();
    let mut seen: Vec<RecordedPacket> = Vec::new();
    for first in (0..PACKETS).step_by(BATCH) {
        for number in first..first + BATCH {
            sender.send_to(&number.to_be_bytes(), receiver.local_addr()?)?;
        }
        seen = recording.wait_for(ours(), first + BATCH)?;
    }
    assert_eq!(seen.len(), PACKETS);
    let others = recording.matching(Match::any().except(Match::udp()).sent())?;
    assert!(others.is_empty(), "others drew, too: {others:?}");
    let numbers = seen.iter().map(|it| it.packet().payload().to_vec());
    assert!(numbers.eq((0..PACKETS).map(|it| it.to_be_bytes().to_vec())));
    Ok(seen.into_iter().map(|it| it.fate).collect())
}

fn run(seed: u64) -> TestResult<Vec<String>> {
    let network = pair(seed).build()?;
    let fates = fates(&network)?;
    network.close()?;
    Ok(fates)
}

#[netns_test]
fn one_seed_is_one_list_of_fates_and_another_seed_another() -> TestResult {
    let [first, second, other] = [run(1)?, run(1)?, run(2)?];
    for (number, (first, second)) in first.iter().zip(&second).enumerate() {
        assert_eq!(first, second, "packet {number}");
    }
    for fate in ["lost", "copied", "flipped", "delayed"] {
        let met = first.iter().filter(|it| it.contains(fate)).count();
        assert!(met > 10, "{met} packets were {fate}");
    }
    // Chance makes some alike.
    let alike = first.iter().zip(&other).filter(|(a, b)| a == b).count();
    assert!(alike < PACKETS / 4, "{alike} fates are the same");
    println!("packet  seed 1, seed 1 again, seed 2");
    for number in 0..12 {
        println!(
            "{number:6}  {} | {} | {}",
            first[number], second[number], other[number]
        );
    }
    Ok(())
}

/// Whatever else is on the wires, each direction of each has chances of its own.
#[netns_test(topology = Topology::lan(["a", "b", "c"]).wires().backend(Backend::Wire).seed(1).impair(bad()))]
fn wires_and_directions_have_fates_of_their_own(net: &Network) -> TestResult {
    // Three numbers: that one is the same for both happens once in a hundred runs.
    let count = |from: &str, to: &str| -> TestResult<[u64; 3]> {
        let report = net.measure_with(from, to, |m| m.round_trips(0).rate_for(Duration::ZERO))?;
        let both = [report.forth(), report.back()];
        let [forth, back] = both.map(|it| [it.lost(), it.duplicates(), it.damaged()]);
        assert_ne!(forth, back, "{report}");
        Ok(forth)
    };
    assert_ne!(count("a", "b")?, count("a", "c")?);
    Ok(())
}
