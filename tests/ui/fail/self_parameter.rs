use netns_test::netns_test;

struct Suite;

impl Suite {
    #[netns_test]
    fn test(&self) {}
}

fn main() {}
