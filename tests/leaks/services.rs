//! The machine's name services: whatever way they are asked, nothing of them is seen in a network.

use std::fs;
use std::io::Read;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::thread;

use netns_test::{Mistake, Network, TestResult, Topology, netns_test};

/// Set where the services are.
const MACHINE: &str = "NETNS_TEST_LEAKS_SERVICES";
const SOCKETS: [&str; 2] = [
    "/run/nscd/socket",
    "/run/systemd/resolve/io.systemd.Resolve",
];

/// A machine like many: two name services, and an `/etc/resolv.conf` that leads to one of them. Its mounts are this script's own.
const SCRIPT: &str = "
    mount -t tmpfs tmpfs /run
    mkdir -p /run/nscd /run/systemd/resolve /run/etc
    echo 'nameserver 127.0.0.53' > /run/systemd/resolve/stub-resolv.conf
    cp -r /etc/. /run/etc/ 2>/dev/null || true
    echo 'hosts: mymachines resolve [!UNAVAIL=return] files dns' > /run/etc/nsswitch.conf
    rm -f /run/etc/resolv.conf
    ln -s ../run/systemd/resolve/stub-resolv.conf /run/etc/resolv.conf
    mount --bind /run/etc /etc
    exec \"$0\" --exact services::a_network_on_such_a_machine --nocapture
";

#[test]
fn name_services_are_hidden() {
    let program = std::env::current_exe().expect("it runs");
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-euc", SCRIPT])
        .arg(program)
        .env(MACHINE, "1")
        .output()
        .expect("`unshare` is needed: Debian's util-linux");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(text.contains("1 passed"), "{text}");
}

/// The threads of the services stay as long as the process does.
#[netns_test(topology = Topology::lan(["client", "server"]).allow(Mistake::ThreadLeft))]
fn a_network_on_such_a_machine(net: &Network) -> TestResult {
    if std::env::var_os(MACHINE).is_none() {
        return Ok(());
    }
    // The services of the machine, which answer whoever reaches them.
    let listeners = net.machine(|| SOCKETS.map(|path| UnixListener::bind(path).expect(path)));
    for listener in listeners {
        thread::spawn(move || {
            for stream in listener.incoming() {
                drop(stream);
            }
        });
    }
    let reach = |path: &str| UnixStream::connect(path).and_then(|mut stream| stream.read(&mut [0]));
    for path in SOCKETS {
        net.machine(|| reach(path))?;
        net.host("client").run(|| reach(path)).expect_err(path);
        reach(path).expect_err(path);
    }
    let client = net.host("client");
    let seen = client
        .command("cat")
        .args(["/etc/resolv.conf", "/etc/nsswitch.conf"])
        .read()?;
    assert!(!seen.contains("127.0.0.53"), "{seen}");
    assert!(
        seen.contains("hosts: files dns") && !seen.contains("resolve ["),
        "{seen}"
    );
    assert!(
        client
            .command("getent")
            .args(["hosts", "server"])
            .read()?
            .contains("server")
    );
    // And the machine has kept its own.
    let machines = net.machine(|| fs::read_to_string("/etc/resolv.conf"))?;
    assert_eq!(machines, "nameserver 127.0.0.53\n");
    assert!(net.machine(|| Path::new("/etc/resolv.conf").is_symlink()));
    Ok(())
}
