use netns_test::netns_test;

#[netns_test(hosts("client", "server"))]
fn test() {}

fn main() {}
