use netns_test::netns_test;

#[netns_test(families(v4, ipv6))]
fn test() {}

fn main() {}
