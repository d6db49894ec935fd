use netns_test::netns_test;

#[netns_test(requires(netem, netm, netem))]
fn test() {}

fn main() {}
