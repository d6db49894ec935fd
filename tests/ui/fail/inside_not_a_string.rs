use netns_test::netns_test;

const CLIENT: &str = "client";

#[netns_test(inside = CLIENT)]
fn test() {}

fn main() {}
