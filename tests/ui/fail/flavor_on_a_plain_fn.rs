use netns_test::netns_test;

#[netns_test(flavor = "multi_thread")]
fn test() {}

fn main() {}
