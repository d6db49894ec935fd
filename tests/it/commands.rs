//! `Host::command`: what a program sees and may, what is told about it, and how it ends.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Duration;

use netns_test::{Network, TestResult, Topology, netns_test};

use crate::{scaled, shell};

const GRACE: Duration = Duration::from_secs(10);

fn lan() -> Topology {
    Topology::lan(["client", "server"])
}

#[netns_test(topology = lan())]
fn a_program_is_a_child_of_the_tests_process(net: &Network) -> TestResult {
    let mut sleep = net.host("server").command("sleep").arg("1000").spawn()?;
    let status = std::fs::read_to_string(format!("/proc/{}/status", sleep.id()))?;
    assert!(
        status.contains(&format!("PPid:\t{}\n", std::process::id())),
        "{status}"
    );
    sleep.kill()?;
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&sleep.wait()?),
        Some(9)
    );
    Ok(())
}

/// Process ids, `/proc` included, are those of the host: it has its own first process.
#[netns_test(topology = lan())]
fn programs_of_a_host_see_one_another_and_nobody_else(net: &Network) -> TestResult {
    let server = net.host("server");
    let _sleep = server.command("sleep").arg("1000").spawn()?;
    let list = |host: netns_test::Host<'_>| host.command("ps").args(["-eo", "pid,comm"]).read();
    let seen = list(server)?;
    assert!(seen.contains("sleep"), "{seen}");
    assert_eq!(
        seen.lines().count(),
        4,
        "a heading, the first, sleep, ps: {seen}"
    );
    let elsewhere = list(net.host("client"))?;
    assert!(!elsewhere.contains("sleep"), "{elsewhere}");
    server
        .command("sh")
        .args(["-c", "kill $(pidof sleep)"])
        .run()
        .map_err(Into::into)
}

#[netns_test(topology = lan())]
fn programs_may_do_what_networks_need(net: &Network) -> TestResult {
    let client = net.host("client");
    client
        .command("ip")
        .args(["address", "add", "192.0.2.9/32", "dev", "lo"])
        .run()?;
    client.run(|| std::net::UdpSocket::bind("192.0.2.9:53"))?;
    let pinged = client.command("ping").args(["-c", "1", "server"]).read()?;
    assert!(pinged.contains("1 received"), "{pinged}");
    Ok(())
}

#[netns_test(topology = lan())]
fn environment_arguments_and_directory_are_as_set(net: &Network) -> TestResult {
    let host = net.host("client");
    let script = "echo \"$0 $1 $A ${B-unset} ${HOME-unset}\"; pwd";
    let told = host
        .command("sh")
        .args(["-c", script, "zero"])
        .arg("one two")
        .env("A", "a")
        .env("B", "b")
        .env_remove("B")
        .env_remove("HOME")
        .current_dir("/usr")
        .read()?;
    assert_eq!(told, "zero one two a unset unset\n/usr\n");
    let bare = host
        .command("/usr/bin/env")
        .env_clear()
        .envs([("A", "1")])
        .read()?;
    assert_eq!(bare, "A=1\n");
    Ok(())
}

#[netns_test(topology = lan())]
fn streams_that_are_taken_are_the_tests(net: &Network) -> TestResult {
    let mut cat = net
        .host("client")
        .command("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = cat.stdin.take().expect("it is a pipe");
    let mut output = BufReader::new(cat.stdout.take().expect("it is a pipe"));
    input.write_all(b"there and back\n")?;
    let mut line = String::new();
    output.read_line(&mut line)?;
    assert_eq!(line, "there and back\n");
    drop(input);
    assert!(cat.wait()?.success());
    assert_eq!(cat.stdout_text(), "");
    Ok(())
}

#[netns_test(topology = lan())]
fn standard_input_is_empty_unless_set(net: &Network) -> TestResult {
    assert_eq!(net.host("client").command("cat").read()?, "");
    Ok(())
}

#[netns_test(topology = lan())]
fn bytes_that_are_no_text_arrive_whole(net: &Network) -> TestResult {
    let script = "head -c 1000000 /dev/zero; printf '\\377' >&2";
    let output = net
        .host("client")
        .command("sh")
        .args(["-c", script])
        .output()?;
    assert_eq!(output.stdout.len(), 1_000_000);
    assert_eq!(output.stderr, [0xff]);
    Ok(())
}

#[netns_test(topology = lan())]
fn lines_are_expected_in_their_order(net: &Network) -> TestResult {
    // Two pipes have no order between them but that of who writes when.
    let script = "echo first; read go; echo second >&2; read go; printf 'no end'";
    let mut shell = net.host("client").command("sh");
    let mut shell = shell.args(["-c", script]).stdin(Stdio::piped()).spawn()?;
    let mut input = shell.stdin.take().expect("it is a pipe");
    assert_eq!(shell.expect_line("fir")?, "first");
    input.write_all(b"go\n")?;
    assert_eq!(shell.expect_line("second")?, "second");
    input.write_all(b"go\n")?;
    assert_eq!(shell.expect_line("no")?, "no end");
    let error = shell.expect_line("first").expect_err("it is behind us");
    assert!(!error.is_timed_out());
    let text = error.to_string();
    assert!(
        text.starts_with("failed to find a line with `first` in the output of `sh -c "),
        "{text}"
    );
    assert!(
        text.contains("` in host `client`: it exited with code 0"),
        "{text}"
    );
    assert!(text.contains("\n  stderr: second"), "{text}");
    Ok(())
}

#[netns_test(topology = lan())]
fn a_line_that_does_not_come_is_not_waited_for_without_limit(net: &Network) -> TestResult {
    let mut shell = shell(net, "echo here I am; exec sleep 1000")?;
    shell.expect_line("here")?;
    let limit = Duration::from_millis(50);
    let error = shell
        .expect_line_within(limit, "ready")
        .expect_err("it never is");
    assert!(error.is_timed_out());
    let text = error.to_string();
    let limit = format!("there was none within {:?}", scaled(limit));
    assert!(text.contains(&limit), "{text}");
    assert!(text.contains("stdout: here I am"), "{text}");
    Ok(())
}

/// A program that prints without end costs no more than its last lines.
#[netns_test(topology = lan())]
fn of_much_output_the_end_is_kept(net: &Network) -> TestResult {
    let script = "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done";
    let mut shell = shell(net, script)?;
    shell.wait()?;
    let text = shell.stdout_text();
    assert_eq!(text.lines().count(), 2000);
    assert!(text.ends_with("line 4999\n"));
    Ok(())
}

#[netns_test(topology = lan())]
fn a_stop_is_polite_and_then_is_not(net: &Network) -> TestResult {
    let host = net.host("client");
    let polite = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    let mut polite = host.command("sh").args(["-c", polite]).spawn()?;
    polite.expect_line("ready")?;
    assert_eq!(polite.stop(GRACE)?.code(), Some(7));
    assert_eq!(polite.stdout_text(), "ready\nbye\n");

    let stubborn = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
    let mut stubborn = host.command("sh").args(["-c", stubborn]).spawn()?;
    stubborn.expect_line("ready")?;
    let status = stubborn.stop(Duration::from_millis(50))?;
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(9)
    );
    // Nothing is sent to whoever has the number now.
    stubborn.signal(9)?;
    stubborn.kill()?;
    assert_eq!(stubborn.try_wait()?, Some(status));
    Ok(())
}

#[netns_test(topology = lan())]
fn a_missing_program_is_told_with_where_it_was_looked_for(net: &Network) {
    let error = net
        .host("client")
        .command("no-such-program")
        .spawn()
        .expect_err("there is none");
    let text = error.to_string();
    assert!(
        text.starts_with("failed to start program `no-such-program` in host `client`: there is no such program\n  help: install it, or give its path; it is in none of "),
        "{text}"
    );
    assert!(text.contains(":/usr/sbin:"), "{text}");
}

#[netns_test(topology = lan())]
fn why_a_program_cannot_be_started_is_told_apart(net: &Network) -> TestResult {
    let host = net.host("client");
    let started = host.command("true").current_dir("/no/such/place").spawn();
    let text = started.expect_err("it cannot start there").to_string();
    assert!(
        text.contains("there is no directory `/no/such/place` to start it in"),
        "{text}"
    );

    let text = host
        .command("/etc/hosts")
        .spawn()
        .expect_err("it is a text")
        .to_string();
    assert!(
        text.contains("help: may this user execute `/etc/hosts`?"),
        "{text}"
    );

    let script = std::env::temp_dir().join(format!("netns-test-script-{}", std::process::id()));
    std::fs::write(&script, "#!/no/such/interpreter\n")?;
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let text = host
        .command(&script)
        .spawn()
        .expect_err("it has no interpreter")
        .to_string();
    std::fs::remove_file(&script)?;
    assert!(text.contains("names as interpreter is not"), "{text}");
    Ok(())
}

#[netns_test(topology = lan())]
fn a_failure_is_told_with_what_the_program_said(net: &Network) {
    let script = "echo all is well; echo but not here >&2; kill -9 $$";
    let error = net
        .host("server")
        .command("sh")
        .args(["-c", script])
        .run()
        .expect_err("it dies");
    let text = error.to_string();
    assert!(
        text.ends_with("in host `server`: it was killed by SIGKILL\n  stderr: but not here"),
        "{text}"
    );
}

/// Commands of other crates: whatever starts a process from the right thread.
#[netns_test(topology = lan())]
fn the_standard_librarys_command_is_started_by_the_host(net: &Network) -> TestResult {
    let argument = String::from("borrowed");
    let started = net.host("server").start(|| {
        std::process::Command::new("sh")
            .args(["-c", "echo $0; hostname; exec sleep 1000"])
            .arg(&argument)
            .stdout(Stdio::piped())
            .spawn()
    })?;
    let mut child = started?;
    let mut lines = BufReader::new(child.stdout.take().expect("it is a pipe")).lines();
    assert_eq!(lines.next().transpose()?.as_deref(), Some("borrowed"));
    assert_eq!(lines.next().transpose()?.as_deref(), Some("server"));
    child.kill()?;
    child.wait()?;
    Ok(())
}

#[netns_test(topology = lan())]
async fn tokios_command_is_started_by_the_host(net: &Network) -> TestResult {
    let started = net.host("server").start(|| {
        tokio::process::Command::new("hostname")
            .stdout(Stdio::piped())
            .spawn()
    })?;
    let output = started?.wait_with_output().await?;
    assert_eq!(output.stdout, b"server\n");
    Ok(())
}

#[netns_test(topology = lan())]
#[should_panic(expected = "in the starter")]
fn a_panic_among_the_starters_is_the_tests(net: &Network) {
    let host = net.host("server");
    let first = std::panic::catch_unwind(|| host.start(|| panic!("once")));
    assert!(first.is_err());
    // It goes on afterwards.
    assert!(host.command("true").run().is_ok());
    drop(host.start(|| panic!("in the starter")));
}

/// Programs of several hosts, started from several threads at once.
#[netns_test(topology = Topology::lan(["a", "b", "c", "d"]))]
fn many_programs_at_once(net: &Network) {
    std::thread::scope(|scope| {
        for host in net.hosts() {
            for number in 0..8 {
                scope.spawn(move || {
                    let text = host
                        .command("sh")
                        .args(["-c", &format!("echo $(hostname) {number}")])
                        .read()
                        .unwrap();
                    assert_eq!(text, format!("{} {number}\n", host.name()));
                });
            }
        }
    });
}

/// Everything that waits has a twin that lets the thread's other tasks go on.
#[netns_test(topology = lan())]
async fn programs_are_awaited(net: &Network) -> TestResult {
    let host = net.host("server");
    let (reached, told) = tokio::sync::oneshot::channel();
    let mut waiting = host
        .command("sh")
        .args([
            "-c",
            "trap 'exit 7' TERM; read line; echo got $line; while :; do sleep 0.05; done",
        ])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = waiting.stdin.take().expect("it is a pipe");
    // The line is written by a task of the same thread, so that waiting must not stall it.
    let writer = tokio::spawn(async move {
        told.await.expect("it is sent");
        input.write_all(b"it\n")
    });
    reached.send(()).expect("it is awaited");
    assert_eq!(waiting.expect_line_async("got").await?, "got it");
    writer.await??;
    assert_eq!(waiting.stop_async(GRACE).await?.code(), Some(7));

    let (first, second) = tokio::join!(
        async { host.command("hostname").read_async().await },
        async { net.host("client").command("hostname").read_async().await },
    );
    assert_eq!(
        (first?.as_str(), second?.as_str()),
        ("server\n", "client\n")
    );
    let failed = host
        .command("false")
        .read_async()
        .await
        .expect_err("it fails");
    assert!(
        failed.to_string().ends_with("it exited with code 1"),
        "{failed}"
    );
    let mut ended = host.command("sh").args(["-c", "exit 5"]).spawn()?;
    assert_eq!(ended.wait_async().await?.code(), Some(5));
    Ok(())
}

/// A future that is dropped neither loses a line nor keeps the network.
#[netns_test(topology = lan())]
async fn waiting_for_a_program_can_be_given_up(net: &Network) -> TestResult {
    let host = net.host("server");
    let mut slow = host
        .command("sh")
        .args(["-c", "read line; echo got $line; exec sleep 1000"])
        .stdin(Stdio::piped())
        .spawn()?;
    let brief = Duration::from_millis(30);
    let given_up = tokio::time::timeout(brief, slow.expect_line_async("got")).await;
    assert!(given_up.is_err());
    let output =
        tokio::time::timeout(brief, host.command("sleep").arg("1000").output_async()).await;
    assert!(output.is_err());
    slow.stdin
        .take()
        .expect("it is a pipe")
        .write_all(b"it\n")?;
    assert_eq!(slow.expect_line_async("got").await?, "got it");
    Ok(())
}

/// As with the standard library's command.
#[netns_test(topology = lan())]
fn a_command_can_be_started_again(net: &Network) -> TestResult {
    let mut shell = net.host("client").command("sh");
    shell.args([
        "-c",
        "echo $0; for n in $(seq 30); do echo $n >&2; done; exit 1",
        "said",
    ]);
    for _ in 0..2 {
        let text = shell.read().expect_err("it fails").to_string();
        assert!(
            text.contains("exited with code 1\n  (20 lines before these)\n  stderr: 21\n"),
            "{text}"
        );
        assert!(text.ends_with("stderr: 30"), "{text}");
    }
    shell.stderr(Stdio::null()).stdout(Stdio::piped());
    for _ in 0..2 {
        let mut said = String::new();
        let mut started = shell.spawn()?;
        std::io::Read::read_to_string(
            &mut started.stdout.take().expect("it is a pipe"),
            &mut said,
        )?;
        assert_eq!(
            (said.as_str(), started.stdout_text().as_str()),
            ("said\n", "")
        );
    }
    Ok(())
}
