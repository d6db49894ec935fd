//! What users do, on real networks.
use netns_test::{Network, TestResult, Topology, netns_test};

#[netns_test]
fn every_test_has_its_own_port_80() -> TestResult {
    let _listener = std::net::TcpListener::bind("0.0.0.0:80")?;
    Ok(())
}

fn docker_lab() -> Topology {
    Topology::new()
        .bridge("mydocker0", "172.16.1.254/16")
        .host("ns1", |h| {
            h.attach("mydocker0", "172.16.1.1/16")
                .default_route("172.16.1.254")
        })
        .host("ns2", |h| {
            h.attach("mydocker0", "172.16.1.2/16")
                .default_route("172.16.1.254")
        })
}

#[netns_test(topology = docker_lab())]
fn panics(net: &Network) {
    println!("on stdout {}", net.host("ns1").name());
    eprintln!("on stderr");
    let x = 1;
    assert_eq!(x, 2, "numbers differ");
}
#[netns_test(topology = docker_lab())]
#[should_panic(expected = "differ")]
fn panics_as_it_should(_net: &Network) {
    let x = 1;
    assert_eq!(x, 2, "numbers differ");
}
#[netns_test(topology = docker_lab())]
fn fails() -> TestResult {
    std::fs::read("/nonexistent")?;
    Ok(())
}
#[netns_test(topology = docker_lab(), timeout = 1)]
fn hangs() -> TestResult {
    loop {
        std::thread::park();
    }
}
#[netns_test(topology = docker_lab())]
fn exits() -> TestResult {
    std::process::exit(0);
}
#[netns_test(topology = docker_lab())]
fn segfaults() -> TestResult {
    std::process::abort();
}
#[netns_test(topology = docker_lab())]
fn leaves_a_thread() -> TestResult {
    std::thread::Builder::new()
        .name("server".into())
        .spawn(|| {
            loop {
                std::thread::park()
            }
        })?;
    Ok(())
}
#[netns_test(topology = Topology::lan(["client", "server"]), inside="client")]
async fn asyncs(net: &Network) -> TestResult {
    let listener = net
        .host("server")
        .run(|| std::net::TcpListener::bind("0.0.0.0:80"))?;
    let _t = tokio::net::TcpStream::connect("10.1.0.2:80").await?;
    drop(listener);
    Ok(())
}
