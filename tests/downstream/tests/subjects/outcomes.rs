//! Bodies that end by returning or by panicking.

use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use netns_test::{
    eventually, netns_test, Barrier, Family, Impairment, Listening, Loss, Mistake, Network,
    Schedule, Step, TestResult, Topology,
};

#[netns_test]
fn passes() {}

#[netns_test]
fn passes_with_a_result() -> TestResult {
    let port: u16 = "80".parse()?;
    let _listener = std::net::TcpListener::bind(("0.0.0.0", port))?;
    Ok(())
}

#[netns_test]
fn passes_with_an_exit_code() -> ExitCode {
    ExitCode::SUCCESS
}

#[netns_test(topology = Topology::lan(["client", "server"]))]
fn fails_an_assertion(net: &Network) {
    assert_eq!(net.hosts().count(), 3, "the lan has two members");
}

#[netns_test(topology = Topology::lan(["client"]).host("server", |h| {
    h.join("lan").firewall(|f| f.rule(netns_test::Rule::drop().icmp().from("10.1.0.1").named("no ping")))
}))]
fn fails_at_a_firewall(net: &Network) {
    let once = |ping: netns_test::Ping| ping.count(1).timeout(Duration::from_millis(50));
    let report = net.host("client").ping_with("10.1.0.2", once).unwrap();
    assert_eq!(report.received(), 1);
}

#[netns_test(topology = Topology::lan(["client", "server", "other"]))]
fn fails_in_trouble(net: &Network) {
    let first = net.partition(["client"], ["server", "other"]).unwrap();
    net.host("other").link("eth0").cut().unwrap().keep();
    first.heal().unwrap();
    let _last = net.partition_one_way(["server"], ["client"]).unwrap();
    panic!("nobody answers");
}

#[netns_test(topology = Topology::lan(["client", "server"]).wires().only(Family::V4))]
fn fails_by_chance(net: &Network) -> TestResult {
    let [client, server] = ["client", "server"].map(|name| net.host(name));
    // Neither asks for the other's hardware address meanwhile.
    client.ping("server")?.assert_lossless();
    let to = server.run(|| std::net::UdpSocket::bind("0.0.0.0:9"))?;
    let from = client.run(|| std::net::UdpSocket::bind("0.0.0.0:0"))?;
    let half = Impairment::new().loss(Loss::random(0.5));
    let trouble = client.link("eth0").impair_egress(half)?;
    for number in 0..40 {
        from.send_to(&[number], server.socket_addr(9))?;
    }
    trouble.heal()?;
    from.send_to(&[99], server.socket_addr(9))?;
    let (mut got, mut number) = (Vec::new(), [0]);
    while number != [99] {
        to.recv(&mut number)?;
        got.push(number[0]);
    }
    let ms = Duration::from_millis;
    let schedule = Schedule::new()
        .at(ms(1)..=ms(900), Step::isolate("client"))
        .at(ms(901), Step::heal());
    let playing = net.play(schedule)?;
    playing.wait()?;
    panic!("came by: {got:?}; {playing}");
}

#[netns_test(topology = Topology::lan(["client", "server"]).wires())]
fn fails_on_a_wire_without_trouble(net: &Network) {
    net.host("client").ping("server").unwrap().assert_lossless();
    panic!("nothing was left to chance");
}

#[netns_test]
fn fails_with_a_panic() {
    panic!("out of cheese");
}

#[netns_test]
fn fails_with_a_payload_that_is_no_text() {
    std::panic::panic_any(5);
}

#[netns_test]
fn fails_with_a_test_result() -> TestResult {
    let _port: u16 = "eighty".parse()?;
    Ok(())
}

#[netns_test]
fn fails_with_a_boxed_error() -> Result<(), Box<dyn Error>> {
    Err("boxed and broken".into())
}

#[netns_test]
fn fails_with_an_exit_code() -> ExitCode {
    ExitCode::from(3)
}

#[netns_test(topology = Topology::new().bridge("br0", "not an address"))]
fn fails_by_its_topology() {
    unreachable!("there is no network to run in");
}

#[netns_test(topology = panicking_topology())]
fn fails_by_a_topology_that_panics() {
    unreachable!("there is no network to run in");
}

fn panicking_topology() -> Topology {
    panic!("no topology today")
}

#[netns_test(topology = Topology::lan(["client", "server"]), inside = "sevrer")]
fn fails_by_the_name_of_its_host() {
    unreachable!("there is no such host");
}

#[netns_test]
#[ignore = "only when it is asked for"]
fn ignored_and_passes() {}

#[netns_test]
#[ignore = "only when it is asked for"]
fn ignored_and_fails() {
    panic!("was asked for");
}

/// Its thread is in the body's namespace and still there when the body is not.
fn leave_a_thread() {
    let (here, started) = mpsc::channel();
    let sleeper = thread::Builder::new().name("the-sleeper".to_owned());
    let leave = move || {
        here.send(()).unwrap();
        loop {
            thread::park();
        }
    };
    sleeper.spawn(leave).unwrap();
    started.recv().unwrap();
}

#[netns_test]
fn fails_by_a_thread_that_is_left() {
    leave_a_thread();
}

#[netns_test(topology = Topology::new().allow(Mistake::ThreadLeft))]
fn passes_with_a_thread_that_may_be_left() {
    leave_a_thread();
}

#[netns_test(topology = Topology::lan(["client", "server"]))]
fn fails_by_waiting_in_vain(net: &Network) {
    let (server, limit) = (net.host("server"), Duration::from_millis(50));
    // What the body owns is closed before the report looks.
    std::mem::forget(server.run(|| TcpListener::bind("0.0.0.0:8080")).unwrap());
    let in_vain = [
        eventually(limit, || false),
        server.wait_listening(Listening::tcp(80).within(limit)),
        Barrier::new(2).within(limit).wait(),
    ];
    panic!(
        "{}",
        in_vain.map(|it| it.unwrap_err().to_string()).join("\n")
    );
}

#[netns_test]
fn fails_once_although_a_thread_is_left_too() {
    leave_a_thread();
    panic!("this is what matters");
}

mod nested {
    mod deeper {
        use netns_test::netns_test;

        #[netns_test]
        fn passes_far_down() {
            let thread = std::thread::current();
            assert_eq!(
                thread.name(),
                Some("outcomes::nested::deeper::passes_far_down")
            );
        }

        #[netns_test]
        fn fails_far_down() {
            panic!("far down");
        }
    }
}

#[netns_test]
fn r#match() {}

/// Lab A, with `172.16.1.2` mistyped.
#[netns_test(topology = Topology::new()
    .bridge("mydocker0", "172.16.1.254/16")
    .host("ns1", |h| h.attach("mydocker0", "172.16.1.1/16").default_route("172.16.1.254"))
    .host("ns2", |h| h.attach("mydocker0", "172.16.1.2/16").default_route("172.16.1.254")))]
fn fails_by_a_mistyped_address(net: &Network) -> TestResult {
    let report = net.host("ns1").ping("172.16.1.3")?;
    assert_eq!(report.received(), report.transmitted());
    Ok(())
}
