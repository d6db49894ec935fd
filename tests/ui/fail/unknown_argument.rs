use netns_test::netns_test;

#[netns_test(mtu = 1400)]
fn test() {}

fn main() {}
