use netns_test::netns_test;

#[netns_test(timeout = 1.5)]
fn test() {}

fn main() {}
