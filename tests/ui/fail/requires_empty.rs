use netns_test::netns_test;

#[netns_test(requires())]
fn test() {}

fn main() {}
