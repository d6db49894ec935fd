use std::time::Duration;

use proptest::prelude::*;

use super::jitter::Distribution;
use super::loss::Chain;
use super::*;

mod refusals;
mod traces;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Even numbers between 0 and 1, the same in each run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn hits(&mut self, probability: f64) -> bool {
        self.next() < probability
    }
}

const PACKETS: u32 = 400_000;

fn share(mut lost: impl FnMut() -> bool) -> f64 {
    f64::from((0..PACKETS).filter(|_| lost()).count() as u32) / f64::from(PACKETS)
}

/// Loses as netem's `loss_gilb_ell` does.
fn two_states(chain: Chain) -> f64 {
    let (mut dice, mut bad) = (Dice(1), false);
    share(|| {
        let lost = dice.hits(if bad { chain.bad } else { chain.good });
        bad = match bad {
            true => !dice.hits(chain.r),
            false => dice.hits(chain.p),
        };
        lost
    })
}

/// Loses as netem's `loss_4state` does: the state to which a packet leads decides about it.
fn four_states([p13, p31, p32, p23, p14]: [f64; 5]) -> f64 {
    let (mut dice, mut state) = (Dice(2), 1);
    share(|| {
        let chance = dice.next();
        state = match state {
            1 if chance < p14 => 4,
            1 if chance < p14 + p13 => 3,
            2 if chance < p23 => 3,
            3 if chance < p32 => 2,
            3 if chance < p32 + p31 => 1,
            4 => 1,
            same => same,
        };
        state >= 3
    })
}

#[test]
fn the_average_of_each_model_is_what_its_chain_comes_to() {
    for loss in [
        Loss::correlated(0.02, 0.5),
        Loss::correlated(0.3, 0.0),
        Loss::gilbert_elliott(0.01, 0.3, 1.0, 0.0),
        Loss::gilbert_elliott(0.1, 0.2, 0.7, 0.05),
    ] {
        let counted = two_states(loss.0.chain().unwrap());
        assert!(
            (counted - loss.average()).abs() < 0.003,
            "{loss}: {counted}"
        );
    }
    for p @ [p13, p31, p32, p23, p14] in [
        [0.01, 0.3, 0.2, 0.5, 0.001],
        [0.05, 0.4, 0.0, 0.0, 0.02],
        [0.0, 0.0, 0.0, 0.0, 0.1],
        [0.2, 0.1, 0.9, 0.3, 0.3],
    ] {
        let loss = Loss::four_state(p13, p31, p32, p23, p14);
        let counted = four_states(p);
        assert!(
            (counted - loss.average()).abs() < 0.004,
            "{loss}: {counted}"
        );
    }
    assert_eq!(Loss::every_nth(8).average(), 0.125);
}

#[test]
fn correlated_loss_is_as_alike_as_it_says() {
    let chain = Loss::correlated(0.2, 0.6).0.chain().unwrap();
    // P(loss | loss) = p + rho (1 - p), P(loss | none) = p (1 - rho).
    assert!((1.0 - chain.r - (0.2 + 0.6 * 0.8)).abs() < 1e-12);
    assert!((chain.p - 0.2 * 0.4).abs() < 1e-12);
    assert_eq!((chain.bad, chain.good), (1.0, 0.0));
}

#[test]
fn delays_vary_along_the_curves_of_iproute2() {
    assert_eq!(Distribution::Uniform.table(), None);
    // The ends of `pareto.dist`; of the normal distribution, what Python's `NormalDist` says.
    let pareto = Distribution::Pareto.table().unwrap();
    assert_eq!((pareto[0], pareto[4095]), (-5461, 32767));
    assert!((-2622..=-2620).contains(&pareto[2048]));
    let normal = Distribution::Normal.table().unwrap();
    assert_eq!((normal[1], normal[2048], normal[4094]), (-27666, 3, 27666));
    for (table, spread) in [(normal, 1.0), (pareto, 0.82)] {
        assert!(table.is_sorted());
        let values = || table.iter().map(|v| f64::from(*v) / 8192.0);
        let mean = values().sum::<f64>() / 4096.0;
        let deviation = (values().map(|v| (v - mean).powi(2)).sum::<f64>() / 4096.0).sqrt();
        assert!(mean.abs() < 0.04, "mean {mean}");
        assert!((deviation - spread).abs() < 0.02, "deviation {deviation}");
    }
}

#[test]
fn a_queue_follows_from_rate_and_delay_unless_given() {
    let link = |rate| Impairment::new().rate(rate);
    // 50 ms at the least, twice the delay, ten full packets, 1 GiB at the most.
    assert_eq!(link(8_000_000).queue_bytes(), Some(50_000));
    assert_eq!(link(8_000_000).delay(ms(200)).queue_bytes(), Some(400_000));
    assert_eq!(link(64_000).queue_bytes(), Some(15_140));
    assert_eq!(
        link(1_000_000_000_000).delay(ms(300)).queue_bytes(),
        Some(1 << 30)
    );
    assert_eq!(
        link(64_000).queue(Queue::Packets(3)).room(),
        Some(Room::Packets(3))
    );
    assert_eq!(
        link(64_000).queue(Queue::Packets(3)).queue_bytes(),
        Some(4542)
    );
    assert_eq!(
        link(8_000_000).queue(Queue::Time(ms(3))).room(),
        Some(Room::Bytes(3000))
    );
    assert_eq!(Impairment::new().delay(ms(5)).queue_bytes(), None);
}

#[test]
fn people_read_one_line() {
    let line = |impairment: Impairment| impairment.to_string();
    assert_eq!(line(Impairment::new()), "no trouble");
    assert_eq!(
        line(
            Impairment::new()
                .delay(ms(50))
                .jitter(Jitter::uniform(Duration::from_micros(1500)))
        ),
        "delay 50ms ±1.5ms uniform"
    );
    assert_eq!(
        line(
            Impairment::new()
                .rate(1_544_000)
                .queue(Queue::Time(ms(100)))
                .duplicate(1e-7)
        ),
        "duplicates 0.00001 %, rate 1.544 Mbit/s, queue 100ms"
    );
    let loss = |loss| line(Impairment::new().loss(loss));
    assert_eq!(loss(Loss::random(0.07)), "loss 7 %");
    assert_eq!(
        loss(Loss::correlated(0.02, 0.25)),
        "loss 2 % (correlation 0.25)"
    );
    assert_eq!(loss(Loss::every_nth(3)), "loss of every 3rd");
    assert_eq!(loss(Loss::every_nth(112)), "loss of every 112th");
    assert_eq!(
        loss(Loss::gilbert_elliott(0.1, 0.3, 1.0, 0.0)),
        "loss 25 % (Gilbert-Elliott p 0.1, r 0.3, bad 1, good 0)"
    );
    assert_eq!(
        Profile::from(Impairment::new().delay(ms(5))).to_string(),
        "both ways: delay 5ms"
    );
}

#[test]
fn tc_is_told_the_same() {
    let tc = |impairment: &Impairment| impairment.tc().unwrap();
    assert_eq!(tc(&Impairment::new()), [""; 0]);
    let full = Impairment::new()
        .delay(ms(50))
        .jitter(Jitter::normal(Duration::from_micros(2500)))
        .loss(Loss::gilbert_elliott(0.07, 0.3, 1.0, 0.002))
        .duplicate(0.01)
        .corrupt(0.001)
        .reorder(Reorder::new(0.25).gap(5))
        .rate(20_000_000)
        .queue(Queue::Packets(100));
    assert_eq!(
        tc(&full),
        [
            "root handle 1: netem limit 1000000 delay 50ms 2500us distribution normal loss gemodel 7% 30% 100% 0.2% duplicate 1% corrupt 0.1% reorder 25% gap 5",
            "parent 1:1 handle 2: tbf rate 20000000bit burst 2500 limit 151400",
            "parent 2:1 handle 3: pfifo limit 100",
        ]
    );
    assert_eq!(
        tc(&Impairment::new().rate(1_000_000)),
        ["root handle 1: tbf rate 1000000bit burst 1600 limit 15140"]
    );
    assert_eq!(
        tc(&Profile::wifi()
            .egress
            .loss(Loss::four_state(0.1, 0.2, 0.3, 0.4, 0.0)))[0],
        "root handle 1: netem limit 1000000 delay 2ms 1ms distribution normal loss state 10% 20% 30% 40% 0% rate 1tbit"
    );
    assert_eq!(
        tc(&Impairment::new().delay(Duration::from_nanos(1_234_567))),
        ["root handle 1: netem limit 1000000 delay 1234.567us"]
    );
    // netem counts no packets.
    assert_eq!(Impairment::new().loss(Loss::every_nth(3)).tc(), None);
}

#[test]
fn what_has_a_name_makes_sense() {
    let mut names = Vec::new();
    for (name, profile) in Profile::named() {
        assert_eq!(profile.mistakes(), [""; 0], "{name}");
        assert!(
            profile.egress.tc().is_some() && profile.ingress.tc().is_some(),
            "{name}"
        );
        assert!(
            profile.egress.rate <= profile.ingress.rate,
            "{name} is upside down"
        );
        names.push(name);
    }
    assert_eq!(names.len(), 10);
    let far = Profile::satellite();
    // RFC 2488: no round trip over a geostationary satellite is shorter than 558 ms at the edge of its view.
    assert!(far.egress.delay + far.ingress.delay >= ms(558));
    assert_eq!(
        Profile::four_g().to_string(),
        "sends: delay 35ms ±15ms normal in order, loss 0.2 %, rate 12 Mbit/s, queue 105 kB; \
         receives: delay 35ms ±5ms normal in order, loss 0.2 %, rate 12 Mbit/s, queue 105 kB"
    );
}

/// Any number that somebody may give for a probability.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => 0.0..=1.0,
        1 => Just(0.0),
        1 => Just(1.0),
        1 => any::<f64>(),
    ]
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0u64..2_000_000_000).prop_map(Duration::from_nanos),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
    ]
}

fn loss() -> impl Strategy<Value = Loss> {
    let n = number;
    prop_oneof![
        n().prop_map(Loss::random),
        (n(), n()).prop_map(|(p, c)| Loss::correlated(p, c)),
        (n(), n(), n(), n()).prop_map(|(p, r, bad, good)| Loss::gilbert_elliott(p, r, bad, good)),
        (n(), n(), n(), n(), n()).prop_map(|(a, b, c, d, e)| Loss::four_state(a, b, c, d, e)),
        (0u64..5).prop_map(Loss::every_nth),
    ]
}

fn queue() -> impl Strategy<Value = Queue> {
    prop_oneof![
        any::<u32>().prop_map(Queue::Packets),
        (0u32..100).prop_map(Queue::Packets),
        any::<u64>().prop_map(Queue::Bytes),
        (0u64..100_000).prop_map(Queue::Bytes),
        duration().prop_map(Queue::Time),
    ]
}

prop_compose! {
    fn impairment()(
        delay in duration(),
        jitter in proptest::option::of((duration(), any::<bool>())),
        loss in proptest::option::of(loss()),
        duplicate in prop_oneof![3 => Just(0.0), 1 => number()],
        corrupt in prop_oneof![3 => Just(0.0), 1 => number()],
        reorder in proptest::option::weighted(0.2, (number(), proptest::option::of(0u32..5))),
        rate in proptest::option::of(prop_oneof![4 => 1_000u64..10_000_000_000, 1 => any::<u64>(), 1 => Just(0)]),
        queue in proptest::option::weighted(0.3, queue()),
    ) -> Impairment {
        let jitter = jitter.map(|(spread, ordered)| {
            let jitter = Jitter::pareto(spread);
            if ordered { jitter.in_order() } else { jitter }
        });
        let reorder = reorder.map(|(probability, gap)| Reorder { probability, gap });
        Impairment { delay, jitter, loss, duplicate, corrupt, reorder, rate, queue }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn any_value_is_refused_with_a_reason_or_means_something(value in impairment()) {
        let mistakes = value.mistakes();
        prop_assert!(mistakes.iter().all(|reason| reason.len() > 20));
        // Nobody meets a panic, whatever is shown.
        let (line, words) = (value.to_string(), value.tc());
        if mistakes.is_empty() {
            let lost = value.declared_loss();
            prop_assert!((0.0..=1.0).contains(&lost), "{line}: loses {lost}");
            prop_assert!(value.queue_bytes().is_none_or(|bytes| (FULL_PACKET..=1 << 30).contains(&bytes)), "{line}");
            prop_assert!(value.jitter.is_none_or(|jitter| jitter.spread <= value.delay));
            prop_assert!(!line.contains("NaN") && !line.contains("inf"), "{line}");
            // tc reads no exponents.
            let words = words.unwrap_or_default().join(" ");
            prop_assert!(!words.contains("NaN") && !words.contains("e-"), "{words}");
        }
    }

    #[test]
    fn a_chain_that_is_let_pass_comes_to_its_average(loss in loss()) {
        let value = Impairment::new().loss(loss);
        // Slow chains need more packets than a test has.
        let quick = |chain: &Chain| chain.p + chain.r > 0.05;
        if let Some(chain) = loss.0.chain().filter(quick).filter(|_| value.mistakes().is_empty()) {
            let counted = two_states(chain);
            prop_assert!((counted - loss.average()).abs() < 0.02, "{loss}: {counted}");
        }
    }
}
