use netns_test::{Network, netns_test};

#[netns_test]
fn test(_net: &'static Network) {}

fn main() {}
