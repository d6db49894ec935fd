//! Running code in hosts, and finding them.

use std::net::{TcpListener, TcpStream, UdpSocket};

use netns_test::{Network, TestResult, Topology, current, netns_test};

use crate::panic_text;

fn lan() -> Topology {
    Topology::lan(["a", "b"])
}

#[netns_test(topology = lan())]
fn a_closure_borrows_and_returns(net: &Network) {
    let mut seen = Vec::new();
    let greeting = String::from("hello");
    let length = net.host("a").run(|| {
        seen.push(current().here().name().to_owned());
        greeting.len()
    });
    assert_eq!((length, seen), (5, vec!["a".to_owned()]));
}

/// The payload itself arrives, not a text about it.
#[netns_test(topology = lan())]
fn a_panic_goes_on_in_the_caller(net: &Network) {
    let panicking = || net.host("a").run(|| std::panic::panic_any(42_u8));
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panicking)).unwrap_err();
    assert_eq!(*payload.downcast::<u8>().unwrap(), 42);
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn calls_nest(net: &Network) {
    let here = || current().here().name().to_owned();
    let names = net.host("a").run(|| {
        let inner = net
            .host("b")
            .run(|| (here(), net.host("c").run(here), here()));
        (here(), inner)
    });
    let of = |name: &str| name.to_owned();
    assert_eq!(names, (of("a"), (of("b"), of("c"), of("b"))));
    assert_eq!(here(), "root");
}

#[netns_test(topology = lan())]
fn the_working_directory_stays(net: &Network) -> TestResult {
    let inside = net.host("a").run(std::env::current_dir)?;
    assert_eq!(inside, std::env::current_dir()?);
    Ok(())
}

/// A socket stays in the host in which it was made, wherever it is used.
#[netns_test(topology = lan())]
fn sockets_leave_the_closure_and_stay_in_the_host(net: &Network) -> TestResult {
    let (a, b) = (net.host("a"), net.host("b"));
    let listener = b.run(|| TcpListener::bind((b.ipv4(), 80)))?;
    let _client = a.run(|| TcpStream::connect(b.socket_addr(80)))?;
    let (_, from) = listener.accept()?;
    assert_eq!(from.ip(), a.ipv4());
    // The root is on no segment, so that the same call fails here.
    assert!(TcpStream::connect(b.socket_addr(80)).is_err());
    Ok(())
}

/// Threads that a closure starts are in its host.
#[netns_test(topology = lan())]
fn threads_of_a_closure_are_in_the_host(net: &Network) {
    let a = net.host("a").ipv4();
    let bound = net
        .host("a")
        .run(|| std::thread::scope(|s| s.spawn(|| UdpSocket::bind((a, 0)).is_ok()).join()));
    assert!(bound.unwrap());
    assert!(UdpSocket::bind((a, 0)).is_err());
}

#[netns_test(topology = lan())]
fn unknown_names_list_the_known_ones(net: &Network) {
    let error = net.find_host("c").unwrap_err();
    assert!(error.is_unknown_name());
    assert_eq!(
        error.to_string(),
        "failed to find host `c`: no such name (known: root, a, b)"
    );
    assert_eq!(panic_text(|| net.host("c").name()), error.to_string());
    let error = net.host("a").interface("wan").unwrap_err().to_string();
    assert!(
        error.starts_with("failed to find interface `wan` of node `a`: no such name (known: lo, "),
        "{error}"
    );
    assert_eq!(
        panic_text(|| net.host("a").link("wan").name()),
        "failed to find link `wan` of node `a`: no such name (known: lo, eth0)"
    );
}

#[netns_test(topology = lan())]
fn addresses_are_told_or_missed(net: &Network) {
    let b = net.host("b");
    assert_eq!(b.ipv4().to_string(), "10.1.0.2");
    assert_eq!(b.ipv6().to_string(), "fd00:1::2");
    assert_eq!(b.socket_addr(80).to_string(), "10.1.0.2:80");
    assert_eq!(
        panic_text(|| net.root().ipv4()),
        "failed to tell the IPv4 address of host `root`: it has none"
    );
    assert_eq!(
        panic_text(|| net.root().socket_addr(80)),
        "failed to tell the address of host `root`: it has none"
    );
}

#[netns_test(topology = lan())]
fn a_foreign_thread_has_no_current_network(_net: &Network) {
    let text = std::thread::spawn(|| panic_text(current)).join().unwrap();
    assert!(
        text.starts_with(
            "failed to find the current network: this thread is none of a test's\n  help: "
        ),
        "{text}"
    );
}

#[test]
fn outside_of_a_test_there_is_no_current_network() {
    assert!(panic_text(current).starts_with("failed to find the current network"));
}

/// A link-local address says nothing without its link.
#[netns_test(topology = Topology::new().bridge("br0", ()).host("a", |h| h.attach("br0", "10.0.0.1/24")).only(netns_test::Family::V6))]
fn no_address_is_better_than_a_link_local_one(net: &Network) {
    let text = panic_text(|| net.host("a").socket_addr(80));
    assert_eq!(text, "failed to tell the address of host `a`: it has none");
}
