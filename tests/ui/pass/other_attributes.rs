//! What may stand beside the attribute.

use netns_test::netns_test;

#[netns_test]
#[ignore = "slow"]
fn ignored() {}

#[netns_test]
#[should_panic]
fn panics() {}

#[netns_test]
#[should_panic = "refused"]
fn panics_with() {}

#[netns_test]
#[should_panic(expected = "refused")]
fn panics_with_text() {}

/// Docs.
#[netns_test]
#[cfg(target_os = "linux")]
#[expect(
    unused_variables,
    reason = "the expectation is met once, so it may stand in one place only"
)]
fn documented() {
    let unused = 5;
}

#[netns_test]
#[test]
fn has_the_standard_one_too() {}

#[netns_test]
#[serial_test::serial]
fn below_is_serial() {}

#[serial_test::serial]
#[netns_test]
fn above_is_serial() {}

fn main() {}
