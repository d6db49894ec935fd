//! OpenSSH: a command in another host, by name.

use std::path::Path;

use netns_test::{Network, Process, TestResult, netns_test, require_program};

use crate::scratch::Scratch;
use crate::{has_other_ids, is_root, lan, require, user};

fn make_key(net: &Network, path: &Path) -> TestResult {
    let mut keygen = net.host("client").command("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
    keygen.arg(path).run()?;
    Ok(())
}

/// A server that admits whoever has the key, as the user who runs the test: there is no other one in a namespace with a single id.
fn serve<'net>(net: &'net Network, scratch: &Scratch) -> TestResult<Process<'net>> {
    // It starts itself again by its path.
    let program = require_program("sshd")?;
    make_key(net, &scratch.join("host_key"))?;
    make_key(net, &scratch.join("key"))?;
    let place = scratch.path().display();
    let configuration = format!(
        "HostKey {place}/host_key\nAuthorizedKeysFile {place}/key.pub\nPidFile none\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPrintLastLog no\nUseDNS no\n"
    );
    let configuration = scratch.write("sshd_config", &configuration)?;
    let mut shell = net.host("server").command("sh");
    // Root's keeps a part of itself in a directory that the machine makes at its start. The host's programs get another `/run`.
    let directory = if is_root() {
        "mount -t tmpfs tmpfs /run && mkdir -m 0755 /run/sshd && "
    } else {
        ""
    };
    let script = format!(r#"{directory}exec "$0" -D -e -f "$1""#);
    let mut sshd = shell
        .args(["-c", &script])
        .arg(program)
        .arg(configuration)
        .spawn()?;
    sshd.expect_line("Server listening on :: port 22")?;
    Ok(sshd)
}

#[netns_test(topology = lan())]
fn ssh_runs_a_command_in_another_host(net: &Network) -> TestResult {
    require(&["sshd", "ssh", "ssh-keygen", "mount"])?;
    let scratch = Scratch::new()?;
    let mut sshd = serve(net, &scratch)?;
    let key = scratch.join("key");
    let ssh = |family: &str, command: &str| {
        let mut ssh = net.host("client").command("ssh");
        ssh.args([
            family,
            "-F",
            "none",
            "-o",
            "BatchMode=yes",
            "-o",
            "UserKnownHostsFile=/dev/null",
        ]);
        ssh.args([
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "LogLevel=ERROR",
            "-i",
        ])
        .arg(&key);
        ssh.arg(format!("{}@server", user())).arg(command).read()
    };
    if is_root() && !has_other_ids() {
        // A server that is root gives up groups, which a namespace with one id forbids.
        ssh("-4", "hostname").unwrap_err();
        sshd.expect_line("setgroups: Operation not permitted")?;
        return Ok(());
    }
    // Some kernels put tunnels beside `eth0` and `lo`.
    let interfaces = net
        .host("server")
        .command("ls")
        .arg("/sys/class/net")
        .read()?;
    assert_eq!(
        ssh("-4", "hostname; ls /sys/class/net")?,
        format!("server\n{interfaces}")
    );
    assert_eq!(ssh("-6", "id -u")?, format!("{}\n", nix::unistd::geteuid()));
    Ok(())
}
