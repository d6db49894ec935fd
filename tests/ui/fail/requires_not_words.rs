use netns_test::netns_test;

#[netns_test(requires("netem"))]
fn test() {}

fn main() {}
