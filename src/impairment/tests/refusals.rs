//! Each refusal, word by word: what a user reads.

use super::*;

fn delayed() -> Impairment {
    Impairment::new().delay(ms(50))
}

fn lossy(loss: Loss) -> Impairment {
    Impairment::new().loss(loss)
}

fn limited(queue: Queue) -> Impairment {
    Impairment::new().rate(1_000_000).queue(queue)
}

#[track_caller]
fn refused(value: Impairment, reasons: &[&str]) {
    assert_eq!(value.mistakes(), reasons);
}

#[test]
fn probabilities_lie_between_0_and_1() {
    refused(
        lossy(Loss::random(1.2)),
        &["probability of loss 1.2 is not between 0 and 1 (1.2 % is 0.012)"],
    );
    refused(
        lossy(Loss::random(f64::NAN)),
        &["probability of loss NaN is not between 0 and 1"],
    );
    refused(
        Impairment::new().duplicate(-0.1).corrupt(f64::INFINITY),
        &[
            "probability of duplication -0.1 is not between 0 and 1",
            "probability of corruption inf is not between 0 and 1",
        ],
    );
    refused(
        delayed().reorder(Reorder::new(2.0)),
        &["probability of reordering 2 is not between 0 and 1 (2 % is 0.02)"],
    );
    refused(lossy(Loss::random(1.0)), &[]);
    refused(lossy(Loss::random(0.0)), &[]);
}

#[test]
fn a_chain_leaves_each_state_that_it_comes_to() {
    refused(
        lossy(Loss::correlated(0.1, 1.0)),
        &[
            "correlation of loss 1 is not from 0 to below 1: with 1 the first packet would decide for all",
        ],
    );
    refused(
        lossy(Loss::gilbert_elliott(0.0, 0.5, 1.0, 0.0)),
        &["a Gilbert-Elliott chain with p 0 never leaves its good state: that is random loss"],
    );
    refused(
        lossy(Loss::gilbert_elliott(0.1, 0.0, 1.0, 0.0)),
        &["a Gilbert-Elliott chain with r 0 never leaves its bad state once it is there"],
    );
    refused(
        lossy(Loss::gilbert_elliott(0.1, 1.5, 1.0, -1.0)),
        &[
            "probability of going from the bad state to the good one 1.5 is not between 0 and 1 (1.5 % is 0.015)",
            "probability of loss in the good state -1 is not between 0 and 1",
        ],
    );
    refused(
        lossy(Loss::four_state(0.1, 0.0, 0.5, 0.0, 0.0)),
        &[
            "four states with p31 0 never leave a burst (state 3) for good",
            "four states with p23 0 never leave state 2, into which p32 leads them",
        ],
    );
    refused(
        lossy(Loss::four_state(0.75, 0.75, 0.5, 0.5, 0.5)),
        &[
            "the four states' p13 and p14 lead out of state 1 and are 1.25 together, more than 1",
            "the four states' p31 and p32 lead out of state 3 and are 1.25 together, more than 1",
        ],
    );
    refused(
        lossy(Loss::every_nth(0)),
        &["loss of every 0th packet has no meaning: 1 loses all, 2 every other one"],
    );
    refused(lossy(Loss::four_state(0.0, 0.0, 0.0, 0.0, 0.1)), &[]);
}

#[test]
fn delays_are_possible() {
    refused(
        Impairment::new().delay(Duration::from_secs(241)),
        &["delay 241s is longer than four minutes: no link is, so the unit is probably another"],
    );
    refused(
        Impairment::new().jitter(Jitter::normal(ms(5))),
        &["jitter of 5ms needs a delay: a packet cannot arrive before it was sent"],
    );
    refused(
        delayed().jitter(Jitter::uniform(ms(51))),
        &[
            "jitter of 51ms is larger than the delay of 50ms: a packet cannot arrive before it was sent",
        ],
    );
    refused(
        Impairment::new().reorder(Reorder::new(0.5).gap(0)),
        &[
            "reordering with a gap of 0 has no meaning: 1 lets any packet skip the delay",
            "reordering needs a delay: packets overtake by skipping it, and without one nothing would happen",
        ],
    );
    refused(
        delayed()
            .jitter(Jitter::uniform(ms(5)).in_order())
            .reorder(Reorder::new(0.5)),
        &["the jitter is to keep packets in order, and reordering is not"],
    );
    refused(
        delayed()
            .jitter(Jitter::uniform(ms(50)))
            .reorder(Reorder::new(0.5).gap(1)),
        &[],
    );
}

#[test]
fn rates_send_something() {
    refused(
        Impairment::new().rate(0),
        &["rate 0 sends nothing: a loss of 1 loses everything, and a link that is down is a cut"],
    );
    refused(
        Impairment::new().rate(100),
        &[
            "rate 100 bit/s takes longer than 12 s for one full packet: rates are bits per second, so 1 Mbit/s is 1_000_000",
        ],
    );
    refused(
        Impairment::new().rate(u64::MAX),
        &[
            "rate 18446744073709551615 bit/s is more than 10^12 bit/s, which no machine sends: leave the rate away",
        ],
    );
    refused(Impairment::new().rate(1_000), &[]);
}

#[test]
fn queues_hold_a_packet_and_not_the_memory() {
    refused(
        Impairment::new().queue(Queue::Packets(10)),
        &["a queue needs a rate: without one no packet waits, and the queue would do nothing"],
    );
    refused(
        limited(Queue::Bytes(1513)),
        &[
            "a queue of 1513 bytes cannot hold one full packet of 1514 bytes: it would silently stop every large packet",
        ],
    );
    refused(
        limited(Queue::Packets(0)),
        &[
            "a queue of 0 packets cannot hold one full packet of 1514 bytes: it would silently stop every large packet",
        ],
    );
    refused(
        limited(Queue::Time(ms(5))),
        &[
            "a queue of 5ms, which is 625 bytes at this rate, cannot hold one full packet of 1514 bytes: it would silently stop every large packet",
        ],
    );
    refused(
        limited(Queue::Bytes(2 << 30)),
        &[
            "a queue of 2147483648 bytes holds more than 1 GiB: the memory of the machine is no queue",
        ],
    );
    refused(
        Impairment::new().rate(0).queue(Queue::Time(ms(5))),
        &["rate 0 sends nothing: a loss of 1 loses everything, and a link that is down is a cut"],
    );
    refused(limited(Queue::Bytes(1514)), &[]);
    refused(limited(Queue::Packets(1)), &[]);
}

#[test]
fn a_profile_says_which_way_is_wrong() {
    let bad = lossy(Loss::every_nth(0));
    let reason = "loss of every 0th packet has no meaning: 1 loses all, 2 every other one";
    assert_eq!(Profile::from(bad.clone()).mistakes(), [reason]);
    assert_eq!(
        Profile::new(Impairment::new(), bad.clone()).mistakes(),
        [format!("what is received: {reason}")]
    );
    assert_eq!(
        Profile::new(bad, Impairment::new()).mistakes(),
        [format!("what is sent: {reason}")]
    );
}
