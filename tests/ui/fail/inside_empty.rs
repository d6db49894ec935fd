use netns_test::netns_test;

#[netns_test(inside = "")]
fn test() {}

fn main() {}
