use netns_test::netns_test;

#[netns_test(topologies(type = Topology::new()))]
fn test() {}

fn main() {}
