use netns_test::netns_test;

#[netns_test(timeout = 0)]
fn test() {}

fn main() {}
