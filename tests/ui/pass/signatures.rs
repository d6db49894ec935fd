//! What a test may look like.

use netns_test::{Network, TestResult, netns_test};

#[netns_test]
fn takes_and_returns_nothing() {}

#[netns_test]
fn returns_unit() -> () {}

#[netns_test]
fn takes_the_network(_net: &Network) {}

#[netns_test]
fn returns_a_result(_: &Network) -> TestResult {
    Ok(())
}

#[netns_test]
pub(crate) fn returns_another_result() -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}

#[netns_test]
async fn is_async(_net: &Network) -> TestResult {
    Ok(())
}

#[netns_test::test]
fn has_the_other_name() {}

#[netns_test]
fn r#match() {}

// The parameter of the expansion is called `net` too.
#[netns_test]
fn net(net: &Network) {
    let _ = net;
}

macro_rules! a_test {
    ($name:ident, $network:ty, $returns:ty) => {
        #[netns_test]
        fn $name(_: $network) -> $returns {}
    };
}

a_test!(from_a_macro, &Network, ());

fn main() {}
