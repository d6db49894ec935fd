//! Rates over time.

use super::*;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn a_rate_holds_for_its_step_and_the_last_stays() {
    let trace = RateTrace::new([(secs(1), 8_000), (secs(2), 0), (secs(1), 9_000)]);
    let at = |millis| trace.rate_at(ms(millis));
    assert_eq!(
        [at(0), at(999), at(1000), at(2999), at(3000)],
        [8_000, 8_000, 0, 0, 9_000]
    );
    assert_eq!(trace.rate_at(Duration::MAX), 9_000);
    assert_eq!(trace.mistakes(), [""; 0]);
    assert_eq!(
        trace.to_string(),
        "rates from 0 bit/s to 9 kbit/s in 3 steps over 4s"
    );
}

#[test]
fn a_repeated_trace_begins_again() {
    let trace = RateTrace::new([(secs(1), 8_000), (secs(2), 9_000)]).repeated();
    assert_eq!(trace.rate_at(secs(3)), 8_000);
    assert_eq!(trace.rate_at(secs(3_000_000_001)), 9_000);
    // What would turn for ever without moving on is refused.
    let still = RateTrace::new([(Duration::ZERO, 8_000)]).repeated();
    assert_eq!(
        still.mistakes(),
        ["step 1 of the trace takes no time: say how long a rate holds, not when it begins"]
    );
}

#[test]
fn a_trace_that_makes_no_sense_is_refused() {
    assert_eq!(
        RateTrace::new([]).mistakes(),
        ["a trace of rates has no steps"]
    );
    assert_eq!(RateTrace::new([]).rate_at(secs(1)), 0);
    assert_eq!(
        RateTrace::new([(secs(1), 0)]).mistakes(),
        ["a trace whose rates are all 0 sends nothing: that is a cut"]
    );
    assert_eq!(
        RateTrace::new([(secs(1), 8_000), (secs(1), 7)]).mistakes(),
        [
            "step 2 of the trace: rate 7 bit/s takes longer than 12 s for one full packet: rates are bits per second, so 1 Mbit/s is 1_000_000"
        ]
    );
}

#[test]
fn a_trace_of_mahimahi_keeps_its_packets_and_its_pauses() {
    // Two packets in the first 100 ms, none for 300 ms, one in the last 50.
    let trace = RateTrace::from_mahimahi("0\n100\n\n450\n").unwrap();
    assert_eq!(
        trace.steps(),
        [
            (ms(100), 2 * 1514 * 8 * 10),
            (ms(300), 0),
            (ms(50), 1514 * 8 * 20)
        ]
    );
    assert!(trace.repeated);
    // 12 Mbit/s of packets, as mahimahi says it: one each millisecond.
    let even: String = (1..=1000).map(|time| format!("{time}\n")).collect();
    let even = RateTrace::from_mahimahi(&even).unwrap();
    assert_eq!(even.steps(), [(secs(1), 1514 * 8 * 1000)]);
}

#[test]
fn what_is_no_trace_of_mahimahi_is_refused() {
    let refused = |text: &str| {
        let error = RateTrace::from_mahimahi(text).unwrap_err().to_string();
        let first = error.lines().next().unwrap().to_owned();
        assert!(error.contains("help: each line of such a trace is a time in whole milliseconds"));
        first
            .strip_prefix("failed to read a trace of mahimahi: ")
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        refused("1\nx\n"),
        "line 2 is `x`, which is no time in milliseconds"
    );
    assert_eq!(
        refused("1\n-2\n"),
        "line 2 is `-2`, which is no time in milliseconds"
    );
    assert_eq!(refused("7\n3\n"), "line 2 says 3 after 7");
    assert_eq!(refused("\n"), "it has no lines");
    assert_eq!(
        refused("0\n0\n"),
        "it ends at 0 ms, so that it takes no time"
    );
    assert_eq!(
        refused("604800001"),
        "it ends at 604800001 ms, after more than a week"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn no_packet_of_mahimahi_is_lost(mut times in proptest::collection::vec(1u64..5_000, 1..200)) {
        times.sort_unstable();
        let text: String = times.iter().map(|time| format!("{time}\n")).collect();
        let trace = RateTrace::from_mahimahi(&text).unwrap();
        prop_assert_eq!(trace.duration(), ms(times[times.len() - 1]));
        let bits: u128 = trace.steps().iter().map(|(time, rate)| time.as_millis() * u128::from(*rate)).sum();
        let sent = bits / (1514 * 8);
        // Rates are whole bits per second.
        let packets = times.len() as u128 * 1000;
        prop_assert!(packets.abs_diff(sent) <= 1 + packets / 1000, "{} of {}", sent, packets);
    }
}
