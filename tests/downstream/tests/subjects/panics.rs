//! `#[should_panic]`, met and unmet.

use netns_test::{netns_test, Topology};

#[netns_test]
#[should_panic]
fn passes_by_any_panic() {
    panic!("any");
}

#[netns_test]
#[should_panic(expected = "no route")]
fn passes_by_the_right_panic() {
    panic!("there is no route to host");
}

#[should_panic = "above"]
#[netns_test]
fn passes_with_the_attribute_above() {
    panic!("the attribute is above");
}

#[netns_test]
#[cfg_attr(all(), should_panic)]
fn passes_by_a_conditional_attribute() {
    panic!("any");
}

#[netns_test]
#[cfg_attr(any(), should_panic)]
fn passes_without_the_conditional_attribute() {}

#[netns_test]
#[should_panic]
fn fails_without_a_panic() {}

#[netns_test]
#[should_panic(expected = "no route")]
fn fails_by_the_wrong_panic() {
    panic!("connection refused");
}

#[netns_test]
#[should_panic]
fn fails_by_an_error() -> Result<(), String> {
    Err("an error is no panic".to_owned())
}

#[netns_test(topology = Topology::new().bridge("br0", "not an address"))]
#[should_panic]
fn fails_by_its_topology() {
    panic!("the body never runs");
}

#[netns_test(topology = Topology::lan(["a", "b"]), inside = "c")]
#[should_panic]
fn fails_by_the_name_of_its_host() {
    panic!("the body never runs");
}

#[netns_test]
#[should_panic]
fn fails_by_an_abort() {
    std::process::abort();
}

#[netns_test]
#[should_panic]
fn fails_by_an_exit() {
    std::process::exit(101);
}

#[netns_test(timeout = 1)]
#[should_panic]
fn fails_by_its_deadline() {
    loop {
        std::thread::park();
    }
}
