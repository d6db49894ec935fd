use netns_test::netns_test;

#[netns_test("client")]
fn test() {}

fn main() {}
