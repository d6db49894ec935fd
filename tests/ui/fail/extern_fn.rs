use netns_test::netns_test;

#[netns_test]
extern "C" fn test() {}

fn main() {}
