use netns_test::{Network, netns_test};

#[netns_test(mtu = 1400, timeout = 0)]
const fn test(_net: &mut Network) {}

fn main() {}
