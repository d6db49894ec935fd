use netns_test::netns_test;

#[netns_test]
#[tokio::test]
async fn test() {}

fn main() {}
