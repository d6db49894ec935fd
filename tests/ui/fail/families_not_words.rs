use netns_test::netns_test;

#[netns_test(families("v4", "v6"))]
fn test() {}

fn main() {}
