use netns_test::netns_test;

#[netns_test]
fn test<T>() {}

fn main() {}
