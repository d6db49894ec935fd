//! Programs that become somebody else: they need other ids than the one that an ordinary user's namespace has. The documentation
//! of `Command` says so under "Programs that drop privileges".

use netns_test::{Network, TestResult, netns_test};

use crate::scratch::Scratch;
use crate::{has_other_ids, is_root, lan, require, web};

const NOBODY: &str = "65534";

#[netns_test(topology = lan())]
fn a_program_becomes_somebody_else_where_there_is_one(net: &Network) -> TestResult {
    require(&["setpriv"])?;
    let mut setpriv = net.host("server").command("setpriv");
    setpriv.args(["--reuid", NOBODY, "id", "-u"]);
    let became = setpriv.read();
    if has_other_ids() {
        assert_eq!(became?, format!("{NOBODY}\n"));
    } else {
        let text = became.unwrap_err().to_string();
        assert!(
            text.contains("stderr: setpriv: setresuid failed: "),
            "{text}"
        );
    }
    Ok(())
}

/// Most daemons ask whether they are root before they become somebody else.
#[netns_test(topology = lan())]
fn a_daemon_that_is_not_root_ignores_the_order_to_drop_privileges(net: &Network) -> TestResult {
    require(&["nginx"])?;
    let scratch = Scratch::new()?;
    let configuration = web::configure(&scratch, "server", "hello", "nobody nogroup")?;
    let mut nginx = web::nginx(net.host("server"), &scratch, &configuration).spawn()?;
    match (is_root(), has_other_ids()) {
        (true, true) => nginx.expect_line("start worker process ")?,
        (true, false) => nginx.expect_line(", 65534) failed (")?,
        (false, _) => {
            nginx.expect_line(
                "makes sense only if the master process runs with super-user privileges, ignored",
            )?;
            nginx.expect_line("start worker process ")?
        }
    };
    Ok(())
}

/// They may use networks all the same.
#[netns_test(topology = lan())]
fn a_program_that_stays_who_it_is_has_its_capabilities(net: &Network) -> TestResult {
    require(&["setpriv", "ip"])?;
    let server = net.host("server");
    let user = nix::unistd::geteuid().to_string();
    let mut setpriv = server.command("setpriv");
    setpriv.args([
        "--reuid",
        &user,
        "ip",
        "address",
        "add",
        "192.0.2.9/32",
        "dev",
        "lo",
    ]);
    setpriv.run()?;
    assert!(server.interface("lo")?.to_string().contains("192.0.2.9/32"));
    Ok(())
}
