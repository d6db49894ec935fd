use netns_test::netns_test;

// Only the name counts: `rstest` is not among our dependencies.
use test as rstest;

#[netns_test]
#[rstest]
fn test() {}

fn main() {}
