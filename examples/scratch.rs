use netns_test::*;
fn main() {
    let lab = Topology::new()
        .bridge("mydocker0", "172.16.1.254/16")
        .host("ns1", |h| {
            h.attach("mydocker0", "172.16.1.1/16")
                .default_route("172.16.1.254")
        })
        .host("ns2", |h| {
            h.attach("mydocker0", "172.16.1.2/16")
                .default_route("172.16.1.254")
        });
    println!("{}", lab.plan().unwrap());
    println!("{}", Topology::lan(["a", "b", "c"]).plan().unwrap());
    println!(
        "{}",
        Topology::new()
            .host("ns1", |h| h)
            .host("ns2", |h| h)
            .link(
                ("ns1", "192.168.1.1/24"),
                LinkEnd::new("ns2", |i| i.name("wan").address("192.168.1.2/24"))
            )
            .plan()
            .unwrap()
    );
    let error = Topology::new()
        .bridge("br0", "10.0.0.1/24")
        .bridge("br1", ["10.0.0.1/25", "x"])
        .host("ns1", |h| {
            h.join("office")
                .attach("br0", "10.0.0.0/24")
                .attach("br0", "10.0.0.1/40")
                .attach_with("br0", |i| {
                    i.name("sixteen-bytes-xx").mtu(100).address("fd00::1/64")
                })
        })
        .host("ns1", |h| {
            h.attach("br0", "10.0.0.255/24")
                .default_route("9.9.9.9")
                .route("10.0.0.1/8", "1.1.1.1")
        })
        .plan()
        .unwrap_err();
    println!("{error}");
    println!(
        "{}",
        Topology::lan((0..300).map(|i| format!("h{i}")))
            .plan()
            .unwrap()
            .to_string()
            .lines()
            .count()
    );
}
