use netns_test::netns_test;

#[netns_test(topology)]
fn test() {}

fn main() {}
