use netns_test::netns_test;

#[netns_test]
#[should_panic(expects = "refused")]
fn test() {}

fn main() {}
