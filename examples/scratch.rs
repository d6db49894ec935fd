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
    let t = std::time::Instant::now();
    let net = lab.build().unwrap();
    println!("{:?}", t.elapsed());
    for h in net.hosts().chain([net.root()]) {
        println!("{}", h.name());
        for i in h.interfaces().unwrap() {
            println!("{i}");
        }
        println!("{}", h.routes().unwrap());
    }
    for b in net.root().bridges().unwrap() {
        println!("{b}");
    }
    println!(
        "{:?}",
        net.host("ns1")
            .run(|| std::net::TcpListener::bind("172.16.1.1:80"))
    );
    net.close().unwrap();
}
