use netns_test::netns_test;

#[netns_test(families(v4, v6, v4))]
fn test() {}

fn main() {}
