use netns_test::netns_test;

#[netns_test]
fn test()
where
    String: Clone,
{
}

fn main() {}
