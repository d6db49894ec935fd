//! A program that builds a network, and panics in it if it is asked to: `.ci/builds` runs it with `panic = "abort"`.

use netns_test::Topology;

fn main() -> netns_test::Result<()> {
    let asked = std::env::args().nth(1).is_some();
    netns_test::run(&Topology::lan(["client", "server"]), |net| {
        net.ping_all()?.assert_all_reachable();
        assert!(!asked, "as asked");
        Ok(())
    })?
}
