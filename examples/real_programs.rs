//! Real programs: nginx in one host, curl in another, which finds the first by its name.
//!
//! Both are the machine's own and know nothing of this library. Port 80 is free although you are not root, `http://server/` needs no
//! resolver, and both end with the network. Look for the addresses of the visitors, and for how nginx ended.
//!
//! It needs Debian's `nginx-light` and `curl`: `cargo run --example real_programs`.
#![expect(clippy::print_stdout, reason = "to be read is what it is for")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use netns_test::{Network, TestResult, Topology, require_program};

/// A directory for nginx's files, gone with the value.
struct Directory(PathBuf);

impl Directory {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("netns-test-nginx-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A configuration that touches no file outside of the directory. `user root` keeps a root's nginx from becoming `www-data`.
fn configuration(directory: &Path) -> String {
    let directory = directory.display();
    format!(
        "user root;
daemon off;
pid {directory}/pid;
error_log stderr notice;
worker_processes 1;
events {{}}
http {{
    access_log /dev/stdout;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 80;
        listen [::]:80;
        return 200 'Welcome to $hostname, $remote_addr\\n';
    }}
}}
"
    )
}

fn tour(net: &Network) -> TestResult {
    let directory = Directory::new()?;
    let file = directory.0.join("nginx.conf");
    fs::write(&file, configuration(&directory.0))?;

    let mut nginx = net
        .host("server")
        .command("nginx")
        .args(["-e", "stderr", "-c"])
        .arg(&file)
        .arg("-p")
        .arg(&directory.0)
        .spawn()?;
    // No sleep: it listens before it starts the process that answers, and says so.
    nginx.expect_line("start worker process ")?;

    for family in ["--ipv4", "--ipv6"] {
        let mut curl = net.host("client").command("curl");
        curl.args(["--silent", "--show-error", "--fail", "--noproxy", "*"]);
        let page = curl.args([family, "http://server/"]).read()?;
        print!("$ curl {family} http://server/\n{page}");
    }

    let status = nginx.stop(Duration::from_secs(5))?;
    println!("\nnginx printed, until it was stopped ({status}):");
    for line in nginx
        .stdout_text()
        .lines()
        .chain(nginx.stderr_text().lines())
    {
        println!("  {line}");
    }
    Ok(())
}

fn main() -> TestResult {
    for program in ["nginx", "curl"] {
        require_program(program)?;
    }
    netns_test::run(&Topology::lan(["client", "server"]), tour)?
}
