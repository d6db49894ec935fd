//! Real programs in hosts: what a closure starts is in its host.
//!
//! They need Debian's curl and nginx-light.

use std::fs;
use std::process::{Child, Command, Stdio};

use netns_test::{Network, TestResult, Topology, netns_test};

/// A program that is ended with the test's body, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

#[netns_test(topology = lan())]
fn curl_fetches_from_nginx_by_both_families(net: &Network) -> TestResult {
    let directory = std::env::temp_dir().join(format!("netns-test-nginx-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("index.html"), "hello from the server\n")?;
    let place = directory.display();
    let configuration = format!(
        "daemon off; master_process off; pid {place}/pid; error_log stderr; events {{}}\n\
         http {{ access_log off; client_body_temp_path {place}/b; proxy_temp_path {place}/p; fastcgi_temp_path {place}/f;\n\
         uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;\n\
         server {{ listen 80; listen [::]:80; root {place}; }} }}\n"
    );
    fs::write(directory.join("nginx.conf"), configuration)?;
    let server = net.host("server");
    let nginx = server.run(|| {
        Command::new("nginx")
            .arg("-c")
            .arg(directory.join("nginx.conf"))
            .arg("-p")
            .arg(&directory)
            .stderr(Stdio::null())
            .spawn()
    });
    let nginx = Running(nginx.expect("`nginx` is needed: Debian's nginx-light"));
    server.wait_listening(80)?;
    for url in ["http://10.1.0.2/", "http://[fd00:1::2]/"] {
        let output = net.host("client").run(|| {
            Command::new("curl")
                .args(["--silent", "--show-error", "--noproxy", "*", url])
                .output()
        });
        let output = output.expect("`curl` is needed");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "hello from the server\n",
            "{output:?}"
        );
    }
    drop(nginx);
    fs::remove_dir_all(&directory)?;
    Ok(())
}

/// The environment's own tools work inside, as an ordinary user, too.
#[netns_test(topology = lan(), inside = "client")]
fn ip_may_change_the_network() -> TestResult {
    let status = Command::new("ip")
        .args(["address", "add", "192.0.2.9/32", "dev", "lo"])
        .status()?;
    assert!(status.success());
    std::net::UdpSocket::bind("192.0.2.9:53")?;
    Ok(())
}
