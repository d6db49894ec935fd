use netns_test::netns_test;

#[netns_test(topologies(lan = Topology::new(), lan = Topology::lan(["a", "b"])))]
fn test() {}

fn main() {}
