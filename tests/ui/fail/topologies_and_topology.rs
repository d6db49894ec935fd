use netns_test::netns_test;

#[netns_test(topology = Topology::new(), topologies(lan = Topology::lan(["a", "b"])))]
fn test() {}

fn main() {}
