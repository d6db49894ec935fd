//! Trouble by the clock: what is done when, what it does, and how it ends.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use netns_test::{
    Impairment, Loss, Network, Playing, RateTrace, Schedule, Step, TestResult, Topology,
    eventually, netns_test,
};

use crate::{once, panic_text};

const ANSWER: Duration = Duration::from_secs(20);
/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

fn wired() -> Topology {
    Topology::lan(["a", "b", "c"]).wires()
}

fn mute() -> Impairment {
    Impairment::new().loss(Loss::random(1.0))
}

fn log(playing: &Playing<'_>) -> Vec<String> {
    playing.log().iter().map(ToString::to_string).collect()
}

fn hears(net: &Network, from: &str, to: &str) -> TestResult<bool> {
    let report = net
        .host(from)
        .ping_with(to, |p| p.count(1).timeout(ms(100)))?;
    Ok(report.received() == 1)
}

fn carries(net: &Network, host: &str) -> bool {
    let seen = net.host(host).interface("eth0").unwrap();
    !seen.flags.no_carrier()
}

#[netns_test(topology = wired())]
fn steps_are_done_in_their_order_and_not_before_their_time(net: &Network) -> TestResult {
    let schedule = Schedule::new()
        .at(ms(90), Step::heal())
        .at(ms(30), Step::cut("a", "eth0").named("first"))
        .at(ms(60), Step::cut("b", "eth0"))
        .at(ms(70), Step::end("first"));
    let playing = net.play(schedule)?;
    playing.wait()?;
    assert_eq!(
        log(&playing),
        [
            "at 30ms cut interface `eth0` of node `a`",
            "at 60ms cut interface `eth0` of node `b`",
            "at 70ms end `first`",
            "at 90ms heal",
        ]
    );
    for step in playing.log() {
        assert!(step.at >= step.planned, "{step:?}");
    }
    drop(playing);
    net.ping_all()?.assert_all_reachable();
    Ok(())
}

#[netns_test(topology = wired())]
fn each_step_does_what_its_guard_does_and_ends_with_its_time(net: &Network) -> TestResult {
    let schedule = Schedule::new()
        .at(ms(0), Step::cut("a", "eth0").named("cut"))
        .at(ms(0), Step::isolate("b").named("alone"));
    let playing = net.play(schedule)?;
    playing.wait()?;
    assert!(!carries(net, "a") && carries(net, "b"));
    assert!(!hears(net, "c", "b")?);
    playing.stop()?;
    assert!(carries(net, "a"));
    net.ping_all()?.assert_all_reachable();
    for (step, from, to) in [
        (Step::impair("a", "eth0", mute()), "b", "a"),
        (Step::impair_egress("a", "eth0", mute()), "a", "b"),
        (Step::impair_ingress("a", "eth0", mute()), "a", "b"),
        (Step::impair_host("c", mute()), "c", "b"),
        (Step::partition(["a"], ["b", "c"]), "b", "a"),
        (Step::pause("b"), "a", "b"),
    ] {
        let playing = net.play(Schedule::new().at(ms(0), step.clone()))?;
        playing.wait()?;
        assert!(!hears(net, from, to)?, "{step}");
        playing.stop()?;
        net.host(from).ping_with(to, once)?.assert_lossless();
        let playing = net.play(Schedule::new().at(ms(0), step.lasting(ms(10))))?;
        playing.wait()?;
        net.host(from).ping_with(to, once)?.assert_lossless();
    }
    Ok(())
}

#[netns_test(topology = wired())]
fn whoever_ends_first_ends_all_of_it(net: &Network) -> TestResult {
    let cut = || {
        let cut = Step::cut("a", "eth0");
        Schedule::new().at(ms(0), cut).at(NEVER, Step::heal())
    };
    let playing = net.play(cut())?;
    playing.wait_for(ms(0))?;
    assert!(!carries(net, "a"));
    net.heal()?;
    assert!(carries(net, "a"));
    // It has been stopped, and nobody waits for ever.
    playing.wait()?;
    drop(playing);
    let text = panic_text(|| {
        let playing = net.play(cut()).unwrap();
        playing.wait_for(ms(0)).unwrap();
        assert!(carries(net, "a"), "no carrier");
    });
    assert_eq!(text, "no carrier");
    assert!(carries(net, "a"));
    // The network ends this one.
    net.play(cut())?.keep();
    eventually(ANSWER, || !carries(net, "a"))?;
    Ok(())
}

#[netns_test(topology = wired())]
fn rounds_begin_healed(net: &Network) -> TestResult {
    let cut = Schedule::new().at(ms(5), Step::cut("a", "eth0"));
    let playing = net.play(cut.clone().every(ms(20)).repeated(3))?;
    playing.wait()?;
    assert_eq!(log(&playing).len(), 5);
    assert_eq!(log(&playing)[3], "at 40ms begin round 3");
    assert!(!carries(net, "a"));
    playing.stop()?;
    assert!(carries(net, "a"));
    let playing = net.play(cut.every(ms(20)))?;
    let error = playing.wait().unwrap_err().to_string();
    assert!(
        error.starts_with("failed to wait for a schedule: it is repeated without end\n  help: "),
        "{error}"
    );
    playing.wait_for(ms(65))?;
    assert!(log(&playing).len() >= 7);
    Ok(())
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn all_mistakes_are_told_at_once(net: &Network) -> TestResult {
    let trace = RateTrace::new([(ms(0), 5)]);
    let wrong = Impairment::new().duplicate(1.2);
    let schedule = Schedule::new()
        .at(ms(1), Step::cut("x", "eth0"))
        .at(ms(2), Step::cut("a", "eth9"))
        .at(ms(3), Step::cut("a", "eth0"))
        .at(ms(4), Step::impair("a", "eth0", wrong))
        .at(ms(5), Step::partition(["a"], ["a", "y"]))
        .at(ms(9)..=ms(6), Step::heal().lasting(ms(1)))
        .at(ms(7), Step::end("late"))
        .at(ms(8), Step::isolate("b").named("late"))
        .at(ms(9), Step::end("nothing"))
        .at(ms(9), Step::play_rate("b", "eth0", trace))
        .every(ms(2));
    let error = net.play(schedule).unwrap_err().to_string();
    println!("{error}");
    for expected in [
        "failed to play a schedule: it makes no sense here:\n  a round begins every 2ms and may take 9ms\n",
        "step 1, at 1ms cut interface `eth0` of node `x`: no such name (known: root, a, b)\n",
        "step 2, at 2ms cut interface `eth9` of node `a`: no such name (known: lo, eth0)\n",
        "step 3, at 3ms cut interface `eth0` of node `a`: its cable goes straight to node `b`",
        "step 4, at 4ms impair interface `eth0` of node `a` with duplicates 120 %: its cable is not a wire\n",
        "probability",
        "step 5, at 5ms partition a | a, y: node `a` is on both sides\n",
        "node `y`: no such name (known: root, a, b)\n",
        ": the range 9ms..=6ms ends before it begins\n",
        ": it begins no trouble that could last or be named\n",
        "step 7, at 7ms end `late`: it may come before what it ends, which begins at 8ms at the latest\n",
        "step 9, at 9ms end `nothing`: no such name (known: late)\n",
        "step 1 of the trace takes no time: say how long a rate holds, not when it begins\n",
        "\n  help: `.wire()` on the interface makes it one",
    ] {
        assert!(error.contains(expected), "{expected} is not in:\n{error}");
    }
    let empty = net.play(Schedule::new()).unwrap_err().to_string();
    assert_eq!(
        empty,
        "failed to play a schedule: it makes no sense here:\n  it has no steps"
    );
    assert!(net.plan().to_string().contains("eth0"));
    net.host("a").ping_with("b", once)?.assert_lossless();
    Ok(())
}

#[netns_test(topology = wired())]
fn a_step_that_fails_ends_the_schedule_and_is_told(net: &Network) -> TestResult {
    let fails = |message: &'static str| {
        Schedule::new()
            .at(ms(1), Step::cut("a", "eth0"))
            .at(ms(2), Step::run("a check", move |_| Err(message.into())))
            .at(ms(3), Step::heal())
    };
    let playing = net.play(fails("no luck"))?;
    let error = playing.wait().unwrap_err().to_string();
    assert_eq!(
        error,
        "failed to play a schedule: at 2ms run `a check`: failed to run `a check`: no luck\n  help: nothing of the schedule was done after that"
    );
    assert!(!carries(net, "a"));
    assert_eq!(playing.stop().unwrap_err().to_string(), error);
    assert!(carries(net, "a"));
    let panics = Step::run("a check", |_| panic!("at the disco"));
    let playing = net.play(Schedule::new().at(ms(0), panics))?;
    let error = playing.wait().unwrap_err().to_string();
    assert!(error.contains("it panicked: at the disco"), "{error}");
    Ok(())
}

#[netns_test]
fn a_failure_that_nobody_was_told_of_is_one_of_the_network() {
    let network = Topology::lan(["a", "b"]).build().unwrap();
    let (done, until_done) = mpsc::channel();
    let fails = Step::run("a check", move |_| {
        done.send(())?;
        Err("no luck".into())
    });
    network
        .play(Schedule::new().at(ms(0), fails))
        .unwrap()
        .keep();
    until_done.recv().unwrap();
    let error = network.close().unwrap_err().to_string();
    assert!(
        error.starts_with("failed to play a schedule: at 0ns run `a check`: failed to run `a check`: no luck\n  help: "),
        "{error}"
    );
}

#[netns_test(topology = Topology::lan(["a", "b", "c", "d"]).seed(7))]
fn a_seed_repeats_times_and_halves(net: &Network) -> TestResult {
    let schedule = Schedule::new()
        .at(ms(1)..=ms(9), Step::random_halves().lasting(ms(1)..=ms(5)))
        .every(ms(20))
        .repeated(4);
    let played = |net: &Network| -> TestResult<Vec<String>> {
        let playing = net.play(schedule.clone())?;
        playing.wait()?;
        Ok(log(&playing))
    };
    let first = played(net)?;
    assert_eq!(first.len(), 11, "{first:?}");
    assert!(
        first[0].contains(" partition: ") && first[0].contains(" does not hear "),
        "{first:?}"
    );
    let again = || Topology::lan(["a", "b", "c", "d"]).seed(net.seed()).build();
    assert_eq!(played(&again()?)?, first);
    // The second one of the same network is another one.
    assert_ne!(played(net)?, first);
    Ok(())
}

#[netns_test(topology = wired())]
fn a_connection_survives_a_partition_and_a_cut(net: &Network) -> TestResult {
    const SIZE: usize = 400_000;
    let [a, b] = ["a", "b"].map(|name| net.host(name));
    let listener = b.run(|| TcpListener::bind("0.0.0.0:80"))?;
    let mut sender = a.run(|| TcpStream::connect(b.socket_addr(80)))?;
    let (mut receiver, _) = listener.accept()?;
    let schedule = Schedule::new()
        .at(ms(20), Step::partition(["a"], ["b"]).lasting(ms(60)))
        .at(ms(120), Step::cut("b", "eth0").lasting(ms(60)));
    let playing = net.play(schedule)?;
    let sent = thread::scope(|scope| {
        let sent = scope.spawn(|| -> TestResult {
            for part in vec![7; SIZE].chunks(SIZE / 20) {
                sender.write_all(part)?;
                // What is lost has to be sent again: something is under way at any time.
                thread::yield_now();
            }
            playing.wait()?;
            sender.write_all(b"end")?;
            sender.shutdown(std::net::Shutdown::Write)?;
            Ok(())
        });
        let mut received = Vec::new();
        receiver.read_to_end(&mut received).map(|_| {
            assert!(received.ends_with(b"end"));
            assert_eq!(received.len(), SIZE + 3);
        })?;
        sent.join().map_err(|_| "the sender panicked")?
    });
    sent.map_err(|error: netns_test::TestError| error)?;
    assert_eq!(playing.log().len(), 4);
    playing.stop()?;
    Ok(())
}
