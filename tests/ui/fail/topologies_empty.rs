use netns_test::netns_test;

#[netns_test(topologies())]
fn test() {}

fn main() {}
