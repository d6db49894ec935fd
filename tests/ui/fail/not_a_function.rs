use netns_test::netns_test;

#[netns_test]
mod tests {
    fn test() {}
}

fn main() {}
