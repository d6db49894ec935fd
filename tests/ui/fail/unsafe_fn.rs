use netns_test::netns_test;

#[netns_test]
unsafe fn test() {}

fn main() {}
