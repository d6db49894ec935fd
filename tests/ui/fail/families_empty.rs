use netns_test::netns_test;

#[netns_test(families())]
fn test() {}

fn main() {}
