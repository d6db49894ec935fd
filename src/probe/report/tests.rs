//! The texts, to the letter.

use super::*;
use crate::wire::UnreachableReason;

fn reply(sequence: u16, micros: u64) -> PingAnswer {
    PingAnswer::Reply {
        sequence,
        bytes: 64,
        ttl: 64,
        time: Duration::from_micros(micros),
        from: IpAddr::from([172, 16, 1, 2]),
    }
}

fn unreachable(sequence: u16) -> PingAnswer {
    PingAnswer::Unreachable {
        sequence,
        from: IpAddr::from([172, 16, 1, 254]),
        reason: UnreachableReason::Host,
    }
}

fn report(answers: Vec<PingAnswer>) -> PingReport {
    PingReport {
        name: "172.16.1.2".to_owned(),
        target: IpAddr::from([172, 16, 1, 2]),
        source: Some(IpAddr::from([172, 16, 1, 1])),
        source_chosen: false,
        payload: 56,
        answers,
        duplicates: Vec::new(),
        redirects: Vec::new(),
        elapsed: Duration::from_millis(10),
        whole: false,
        explanation: Later::default(),
    }
}

#[test]
fn the_lab_reads_like_ping() {
    assert_eq!(
        report(vec![reply(1, 45), reply(2, 55)]).to_string(),
        "\
PING 172.16.1.2 (172.16.1.2) 56(84) bytes of data.
64 bytes from 172.16.1.2: icmp_seq=1 ttl=64 time=0.045 ms
64 bytes from 172.16.1.2: icmp_seq=2 ttl=64 time=0.055 ms

--- 172.16.1.2 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 10ms
rtt min/avg/max/mdev = 0.045/0.050/0.055/0.005 ms"
    );
}

#[test]
fn names_sources_redirects_duplicates_and_losses_have_their_places() {
    let mut report = report(vec![
        reply(1, 1234),
        PingAnswer::Lost { sequence: 2 },
        unreachable(3),
    ]);
    report.name = "ns2".to_owned();
    report.source_chosen = true;
    report.duplicates = vec![reply(1, 2000)];
    report.redirects = vec![PingRedirect {
        sequence: 1,
        from: IpAddr::from([172, 16, 1, 254]),
        gateway: IpAddr::from([172, 16, 1, 253]),
    }];
    assert_eq!(
        report.to_string(),
        "\
PING ns2 (172.16.1.2) from 172.16.1.1 : 56(84) bytes of data.
From 172.16.1.254: icmp_seq=1 Redirect Host(New nexthop: 172.16.1.253)
64 bytes from 172.16.1.2: icmp_seq=1 ttl=64 time=1.23 ms
64 bytes from 172.16.1.2: icmp_seq=1 ttl=64 time=2.00 ms (DUP!)
From 172.16.1.254 icmp_seq=3 Destination Host Unreachable

--- ns2 ping statistics ---
3 packets transmitted, 1 received, +1 duplicates, +1 errors, 66.6667% packet loss, time 10ms
rtt min/avg/max/mdev = 1.234/1.234/1.234/0.000 ms"
    );
}

#[test]
fn ipv6_has_its_own_heading_and_silence_no_times() {
    let mut report = report(vec![PingAnswer::Lost { sequence: 1 }]);
    report.name = "fd00::2".to_owned();
    report.target = "fd00::2".parse().unwrap();
    assert_eq!(
        report.to_string(),
        "\
PING fd00::2(fd00::2) 56 data bytes

--- fd00::2 ping statistics ---
1 packets transmitted, 0 received, 100% packet loss, time 10ms"
    );
    assert_eq!(report.mdev(), None);
}

#[test]
fn percentages_have_six_digits() {
    for (lost, of, expected) in [
        (0, 3, "0"),
        (1, 2, "50"),
        (1, 3, "33.3333"),
        (2, 3, "66.6667"),
        (3, 3, "100"),
        (1, 30, "3.33333"),
        (1, 300, "0.333333"),
        (1, 65_535, "0.0015259"),
    ] {
        let value = f64::from(lost) / f64::from(of) * 100.0;
        assert_eq!(percent(value), expected, "{value}");
    }
}

#[test]
fn the_statistics_are_those_of_the_replies() {
    let report = report(vec![
        reply(1, 100),
        unreachable(2),
        reply(3, 300),
        reply(4, 200),
    ]);
    assert_eq!((report.transmitted(), report.received()), (4, 3));
    assert_eq!(report.loss(), 0.25);
    assert_eq!(report.min(), Some(Duration::from_micros(100)));
    assert_eq!(report.avg(), Some(Duration::from_micros(200)));
    assert_eq!(report.max(), Some(Duration::from_micros(300)));
    assert_eq!(report.mdev().unwrap().as_micros(), 81);
}

#[test]
#[should_panic(
    expected = "`172.16.1.2` should have replied to every echo request, but it replied to 1 of 2:\n\nPING 172.16.1.2"
)]
fn a_loss_fails_the_assertion_with_the_report() {
    report(vec![reply(1, 45), unreachable(2)]).assert_lossless();
}

#[test]
#[should_panic(
    expected = "`172.16.1.2` should have been unreachable, but it replied to 1 of 2 echo requests:\n\nPING 172.16.1.2"
)]
fn a_reply_fails_the_opposite_assertion_with_the_report() {
    report(vec![reply(1, 45), unreachable(2)]).assert_unreachable();
}

#[test]
fn the_assertions_pass_when_they_should() {
    report(vec![reply(1, 45)]).assert_lossless();
    report(vec![unreachable(1), PingAnswer::Lost { sequence: 2 }]).assert_unreachable();
}
