use netns_test::netns_test;

#[netns_test]
#[should_panic]
#[should_panic(expected = "refused")]
fn test() {}

fn main() {}
