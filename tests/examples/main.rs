//! The example programs print what people see in the labs. But for the one about real programs, they run no other.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_links;
mod trouble;

use std::path::PathBuf;
use std::process::{Command, Output};

/// The program that Cargo has built beside the tests.
fn example(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().nth(2).unwrap();
    let path = built.join("examples").join(name);
    assert!(
        path.exists(),
        "{} is missing: `cargo build --examples`, or `cargo test` without `--test`",
        path.display()
    );
    path
}

/// What a run that succeeded has printed.
fn printed(output: Output) -> String {
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}\n{text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// Runs an example with no environment but an empty `PATH`: no program can be found.
fn run(name: &str) -> String {
    let mut command = Command::new(example(name));
    command.env_clear().env("PATH", "").current_dir("/");
    printed(command.output().unwrap())
}

/// Fails unless these parts occur in this order, with anything in between.
#[track_caller]
fn assert_in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => panic!("`{part}` is not where it should be in\n{text}"),
        }
    }
}

const LO: &str = "1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN group default qlen 1000\n    \
                  link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n";

#[test]
fn the_docker_bridge_grows_as_in_labs_a_and_d() {
    let text = run("docker_bridge");
    assert_in_order(
        &text,
        &[
            "$ ip netns list\nns1\nns2\n",
            "$ ip -netns ns1 address\n",
            LO,
            "$ ip -netns ns1 route\n",
            "bridge name\tbridge id\t\tSTP enabled\tinterfaces\nmydocker0\t\t8000.000000000000\tno\n",
            "$ ip address show mydocker0\n100: mydocker0: <",
            ",UP",
            "inet 172.16.1.254/16 brd 172.16.255.255 scope global mydocker0\n",
            "$ ip route\n172.16.0.0/16 dev mydocker0 proto kernel scope link src 172.16.1.254",
            "veth1@veth1p: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noop state DOWN",
            "veth1p@veth1: <BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noop state DOWN",
            "# ip link set veth1 up\n",
            "veth1@veth1p: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue master mydocker0 state LOWERLAYERDOWN",
            "mydocker0\t\t8000.020000000002\tno\t\tveth1\n",
        ],
    );
    assert_in_order(
        &text,
        &[
            "an end of each cable in its namespace",
            "veth1@if1100: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue master mydocker0 state ",
            "link-netns ns1\n",
            "# ip -netns ns1 link set eth0 up\n",
            "veth1@if1100: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master mydocker0 state UP",
            "eth0@if101: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP",
            "$ ip -netns ns1 route\n172.16.0.0/16 dev eth0 proto kernel scope link src 172.16.1.1\n# ",
            "$ ip -netns ns1 route\ndefault via 172.16.1.254 dev eth0\n172.16.0.0/16 dev eth0 proto kernel scope link src 172.16.1.1\n",
        ],
    );
    assert_in_order(
        &text,
        &[
            "Lab A, complete",
            "mydocker0\t\t8000.020000000002\tno\t\tveth1\n\t\t\t\t\t\t\tveth2\n",
            "$ route -n\nKernel IP routing table\n",
            "172.16.0.0      0.0.0.0         255.255.0.0     U     0      0        0 mydocker0\n",
            "$ ip -netns ns2 route\ndefault via 172.16.1.254 dev eth0\n",
            "PING 172.16.1.2 (172.16.1.2) 56(84) bytes of data.\n64 bytes from 172.16.1.2: icmp_seq=1 ttl=64 time=",
            "64 bytes from 172.16.1.2: icmp_seq=2 ttl=64 time=",
            "\n--- 172.16.1.2 ping statistics ---\n2 packets transmitted, 2 received, 0% packet loss, time 1",
            "rtt min/avg/max/mdev = ",
            "PING 172.16.1.1 (172.16.1.1) 56(84) bytes of data.\n",
            "2 packets transmitted, 2 received, 0% packet loss, time 1",
        ],
    );
    let lab_d = text.split("==== Lab D").nth(1).unwrap();
    assert_in_order(
        lab_d,
        &[
            "veth1@if1100: <NO-CARRIER,BROADCAST,MULTICAST,UP> ",
            "veth1@if1100: <BROADCAST,MULTICAST,UP,LOWER_UP> ",
            "inet6 fe80::",
            LO,
            "veth1p@if101: <BROADCAST,MULTICAST,UP,LOWER_UP> ",
            "inet6 fe80::",
            "PING 172.16.1.254 (172.16.1.254) 56(84) bytes of data.\n",
            "1 packets transmitted, 1 received, 0% packet loss, ",
            "# ip -netns ns2 route add default via 172.16.1.254\n",
            "default via 172.16.1.254 dev veth1p\n",
            "PING 172.16.1.2 (172.16.1.2) 56(84) bytes of data.\n",
            "2 packets transmitted, 2 received, 0% packet loss, ",
        ],
    );
    assert!(
        !text.contains("tentative"),
        "an address is not usable yet:\n{text}"
    );
}

#[test]
fn two_namespaces_share_a_cable_as_in_lab_b() {
    assert_in_order(
        &run("two_namespaces"),
        &[
            LO,
            "veth-ns1@if2100: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN",
            "veth-ns1@if2100: <NO-CARRIER,BROADCAST,MULTICAST,UP> ",
            "veth-ns1@if2100: <BROADCAST,MULTICAST,UP,LOWER_UP> ",
            "inet 192.168.1.1/24 brd 192.168.1.255 scope global veth-ns1\n",
            "192.168.1.0/24 dev veth-ns1 proto kernel scope link src 192.168.1.1\n",
            LO,
            "192.168.1.0/24 dev veth-ns2 proto kernel scope link src 192.168.1.2\n",
            "PING 192.168.1.2 ",
            "2 packets transmitted, 2 received, 0% packet loss, ",
            "PING 192.168.1.1 ",
            "2 packets transmitted, 2 received, 0% packet loss, ",
            "2 packets transmitted, 0 received, 100% packet loss, ",
            "# ip -netns ns2 link set lo up\n",
            "2 packets transmitted, 2 received, 0% packet loss, ",
        ],
    );
}

#[test]
fn a_host_and_a_namespace_show_the_flags_of_lab_c() {
    assert_in_order(
        &run("host_and_namespace"),
        &[
            "veth1.1: flags=4098<BROADCAST,MULTICAST>  mtu 1500\n",
            "veth1.2: flags=4098<BROADCAST,MULTICAST>  mtu 1500\n",
            "RX packets 0  bytes 0 (0.0 B)\n",
            "lo: flags=8<LOOPBACK>  mtu 65536\n",
            "veth1.1: flags=4099<UP,BROADCAST,MULTICAST>  mtu 1500\n",
            "inet 10.1.0.1  netmask 255.255.255.0  broadcast 10.1.0.255\n",
            "eth0: flags=4098<BROADCAST,MULTICAST>  mtu 1500\n",
            "veth1.1: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n",
            "inet6 fe80::",
            "prefixlen 64  scopeid 0x20<link>\n",
            "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n",
            "inet 10.1.0.2  netmask 255.255.255.0  broadcast 10.1.0.255\n",
            "3 packets transmitted, 3 received, 0% packet loss, ",
            "veth1.1: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n",
        ],
    );
}

#[test]
fn a_user_defined_bridge_gives_containers_all_that_lab_c_says() {
    assert_in_order(
        &run("user_defined_bridge"),
        &[
            "# docker network create -d bridge --subnet 172.27.0.0/16 --gateway 172.27.0.1 mybridge0\n",
            "inet 172.27.0.1/16 brd 172.27.255.255 scope global mybridge0\n",
            "$ ip -netns web route\ndefault via 172.27.0.1 dev eth0\n172.27.0.0/16 dev eth0 proto kernel scope link src 172.27.0.2\n",
            "64 bytes from 172.27.0.3: icmp_seq=1 ttl=64 ",
            "64 bytes from 203.0.113.9: icmp_seq=1 ttl=63 ",
            "$ ip -netns sidecar route\ndefault via 172.27.0.1 dev eth0\n172.27.0.0/16 dev eth0 proto kernel scope link src 172.27.0.2\n",
            "sidecar connects to 127.0.0.1:8080 of web: done\n",
            "sidecar binds the same port: Address already in use (os error 98)\n",
            "db connects to 127.0.0.1:8080: Connection refused (os error 111)\n",
            "failed to plan the topology: 3 mistakes\n    examples/user_defined_bridge.rs:",
            ": bridge `docker0`: fixed-cidr 10.20.0.0/16 lies outside the subnet 192.168.1.0/24 of bip 192.168.1.6/24\n",
            ": bridge `docker0`: default-gateway 10.20.1.1 lies outside the subnet 192.168.1.0/24 of bip 192.168.1.6/24\n",
            ": bridge `docker0`: default-gateway-v6 2001:db8:abcd::89 lies outside fixed-cidr-v6 2001:db8::/64\n",
            "default via 192.168.1.1 dev eth0\n192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.128\n",
            "nameserver 10.20.1.2\nnameserver 10.20.1.3\n",
            "64 bytes from 192.168.1.129: ",
            "default via 192.168.1.6 dev eth0\n192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.1\n",
            "64 bytes from 192.168.1.2: ",
        ],
    );
}

#[test]
fn dockers_modes_differ_in_who_reaches_whom() {
    let text = run("docker_modes");
    let mode = |name: &str| {
        let start = text.split(&format!("==== {name}\n")).nth(1).unwrap();
        start.split("\n====").next().unwrap()
    };
    let nothing = "outside saw nothing of c1 (IPv4)\noutside saw nothing of c1 (IPv6)\n\
                   outside saw nothing of c2 (IPv4)\noutside saw nothing of c2 (IPv6)\n";
    assert_in_order(
        mode("isolated"),
        &[
            "c1 has lo\nc2 has lo\n",
            "root          -       ok   -   -\n",
            "c1            -        -   -   -\n",
            nothing,
        ],
    );
    assert_in_order(
        mode("bridged"),
        &[
            "c1 has lo, eth0\n",
            "root          -       ok  ok  ok\n\
             outside      ok        -   X   X\n\
             c1           ok        X   -  ok\n\
             c2           ok        X  ok   -\n",
            nothing,
        ],
    );
    assert_in_order(
        mode("NAT"),
        &[
            "root          -       ok  ok  ok\n\
             outside      ok        -   X   X\n\
             c1           ok       ok   -  ok\n\
             c2           ok       ok  ok   -\n",
            "outside saw c1 as 203.0.113.1 (IPv4)\noutside saw c1 as 2001:db8:113::1 (IPv6)\n",
            "outside saw c2 as 203.0.113.1 (IPv4)\n",
            "outside connects to 203.0.113.1:8080: is connected\n",
            "outside connects to 203.0.113.1:80: Connection refused (os error 111)\n",
        ],
    );
    assert_in_order(
        mode("physical bridge"),
        &[
            "root          -       ok  ok  ok\n\
             outside      ok        -  ok  ok\n\
             c1           ok       ok   -  ok\n\
             c2           ok       ok  ok   -\n",
            "outside saw c1 as 203.0.113.2 (IPv4)\noutside saw c1 as 2001:db8:113::2 (IPv6)\n",
            "outside saw c2 as 203.0.113.3 (IPv4)\n",
        ],
    );
}

#[test]
fn a_page_is_fetched_by_name() {
    let text = run("async_http");
    assert_in_order(
        &text,
        &[
            "$ ip netns exec server ss -antu\ntcp LISTEN 0 0 [::]:80 [::]:*\n",
            "GET http://server/: 200 OK: HTTP/1.1, ",
            "GET http://server/: 200 OK: HTTP/2.0, ",
            "GET http://server/: Connection refused (os error 111)\n",
        ],
    );
    let asker = text.split("HTTP/2.0, ").nth(1).unwrap().lines().next();
    assert!(
        ["10.1.0.1", "fd00:1::1"].contains(&asker.unwrap()),
        "{text}"
    );
}

#[test]
fn a_quic_connection_outlives_its_clients_address() {
    assert_in_order(
        &run("quic"),
        &[
            "the server's peer: 10.1.0.1\nanswer: who am I? you are 10.1.0.1\n",
            "# ip -netns client address del 10.1.0.1/16 dev eth0\n",
            "# ip -netns client address add 10.1.7.7/16 dev eth0\n",
            "answer: and now? you are 10.1.7.7\nthe server's peer: 10.1.7.7\n",
            "The connection is the same one.\n",
        ],
    );
}

#[test]
fn the_doctor_finds_this_machine_usable() {
    assert_in_order(
        &run("doctor"),
        &["network namespaces", "veth pairs", "bridges"],
    );
}

#[test]
fn real_programs_meet_by_name() {
    let mut command = Command::new(example("real_programs"));
    let text = printed(
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap(),
    );
    assert_in_order(
        &text,
        &[
            "$ curl --ipv4 http://server/\nWelcome to server, 10.1.0.1\n",
            "$ curl --ipv6 http://server/\nWelcome to server, fd00:1::1\n",
            "\nnginx printed, until it was stopped (exit status: 0):\n",
            "  10.1.0.1 - - [",
            "\"GET / HTTP/1.1\" 200 ",
            "  fd00:1::1 - - [",
            "start worker process ",
            "worker process 3 exited with code 0",
        ],
    );
}

#[test]
fn the_firewall_refuses_counts_and_is_changed_while_it_works() {
    let text = run("firewall");
    assert_in_order(
        &text,
        &[
            "  client -> 10.2.0.2:80: connected\n  client -> [fd00:2::2]:80: connected\n",
            "  client -> 10.2.0.2:22: Connection refused (os error 111)\n  client -> [fd00:2::2]:22: Connection refused",
            "  client -> 10.2.0.2:443: connection timed out\n  client -> [fd00:2::2]:443: connection timed out\n",
            "  3 answers\n  0 answers\n",
            "  forward: web: 2 packets, 140 bytes\n  forward: no ssh: 2 packets, 140 bytes\n  forward: rule 3 (forward): 1 packet, 84 bytes\n  forward: default: ",
            "A rule is added, before the others.\n  client -> 10.2.0.2:80: Connection refused",
            "  forward: closed: 2 packets, 140 bytes\nAnd goes with its guard.\n  client -> 10.2.0.2:80: connected\n",
            "do not hear each other.\n  client -> 10.2.0.2:80: connection timed out\n  client -> [fd00:2::2]:80: connection timed out\n  3 of the router's answers\n",
            "And do again.\n  client -> 10.2.0.2:80: connected\n  client -> [fd00:2::2]:80: connected\n",
        ],
    );
}

#[test]
fn the_docker_bridge_executes_nothing() {
    let log = std::env::temp_dir().join(format!("netns-test-execve.{}", std::process::id()));
    let traced = Command::new("strace")
        .args(["-f", "-e", "trace=execve,execveat", "-o"])
        .arg(&log)
        .arg(example("docker_bridge"))
        .output();
    let output = match traced {
        Ok(output) => output,
        Err(cause) => panic!("failed to run `strace`: {cause}\n  help: `apt-get install strace`"),
    };
    let text = printed(output);
    let calls = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    assert!(text.contains(" 0% packet loss"), "{text}");
    let executed: Vec<&str> = calls.lines().filter(|line| line.contains("exec")).collect();
    assert_eq!(executed.len(), 1, "{calls}");
    assert!(executed[0].contains("examples/docker_bridge\""), "{calls}");
}

/// Theory: a symmetric router and one that asks for the very port never meet, two symmetric ones neither; all others do.
#[test]
fn hole_punching_works_where_theory_says() {
    let text = run("home_nat");
    let rows: Vec<Vec<bool>> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells = line[22..].split("  ").map(str::trim);
            let cells = cells.filter(|cell| !cell.is_empty());
            cells
                .map(|cell| match cell {
                    "works" => true,
                    "fails, as it must" => false,
                    other => panic!("`{other}` in\n{text}"),
                })
                .collect()
        })
        .collect();
    let expected = [
        [true, true, true, true],
        [true, true, true, true],
        [true, true, true, false],
        [true, true, false, false],
    ];
    assert_eq!(rows, expected, "{text}");
}

#[test]
fn the_way_over_three_routers_is_shown_and_who_is_to_blame() {
    let text = run("routed");
    assert_in_order(
        &text,
        &[
            "traceroute to 10.4.0.5 (10.4.0.5), 30 hops max, 60 byte packets\n 1  r1.eth0 (10.1.0.2)  ",
            " ms\n 2  r2.eth0 (10.2.0.3)  ",
            " ms\n 3  r3.eth0 (10.3.0.4)  ",
            " ms\n 4  server.eth0 (10.4.0.5)  ",
            "\n 4  server.eth0 (fd00:4::5)  ",
            "the largest packet that arrives whole at `server` (10.4.0.5) has 1500 bytes",
            "`client` reaches `server` (fd00:4::5): client -> r1 -> r2 -> r3 -> server\n",
            "10.4.0.0/16 via 10.3.0.4 dev eth1\n",
            "from `client`: node `r2` has no route to 10.4.0.0/16\n  way: client -> r1 -> r2\n",
            "failed to reach `server` (10.4.0.5) from `client`: interface `eth1` of node `r2` has no carrier: the other end, \
             `eth0` of node `r3`, is down\n",
            "failed to reach `server` (fd00:4::5) from `client`: interface `eth1` of node `r2` has no carrier",
        ],
    );
}
