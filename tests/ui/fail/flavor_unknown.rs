use netns_test::netns_test;

#[netns_test(flavor = "many_threads")]
async fn test() {}

fn main() {}
