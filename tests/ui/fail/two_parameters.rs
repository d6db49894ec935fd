use netns_test::{Network, netns_test};

#[netns_test]
fn test(_net: &Network, _port: u16) {}

fn main() {}
