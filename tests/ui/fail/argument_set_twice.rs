use netns_test::netns_test;

#[netns_test(timeout = 5, timeout = 6)]
fn test() {}

fn main() {}
