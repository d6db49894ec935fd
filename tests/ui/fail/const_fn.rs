use netns_test::netns_test;

#[netns_test]
const fn test() {}

fn main() {}
