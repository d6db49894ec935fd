use netns_test::netns_test;

#[netns_test(topologies(Topology::new(), docker_lab()))]
fn test() {}

fn main() {}
