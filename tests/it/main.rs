//! What users do, on real networks.
use netns_test::{TestResult, netns_test};

#[netns_test]
fn every_test_has_its_own_port_80() -> TestResult {
    let _listener = std::net::TcpListener::bind("0.0.0.0:80")?;
    Ok(())
}
