//! A read-only `/proc/sys`, as most containers have it: what netlink can do instead is done, and what remains is told. And an empty
//! `/etc`: names are found all the same.

use crate::refusals::{Refusal, become_user, refuse};
use crate::subjects::{Package, Run, assert_in_order};
use crate::{NOBODY_IN_PARTICULAR, Program, is_root};

const NEEDS_A_WRITABLE_PROC_SYS: &str = "sysctls::those_of_a_network_need_a_writable_proc_sys";
const FORWARDS_IPV6: &str = "networks::a_router_forwards_both_families";
const FAILS_ANYWAY: &str = "sysctls::fails_with_a_report";

fn run(user: Option<u32>, arguments: &[&str]) -> Run {
    let program = Program::new(Package::Container);
    let mut command = program.command(arguments);
    if let Some(id) = user.filter(|_| is_root()) {
        become_user(&mut command, id);
    }
    refuse(&mut command, Refusal::Container { user });
    Run::of(&command.output().unwrap())
}

/// Both ways into a network, as far as this user can take them.
fn users() -> Vec<Option<u32>> {
    if is_root() {
        vec![None, Some(NOBODY_IN_PARTICULAR)]
    } else {
        vec![Some(nix::unistd::geteuid().as_raw())]
    }
}

#[test]
fn networks_are_whole_where_parameters_cannot_be_written() {
    for user in users() {
        let run = run(user, &[]);
        run.assert_failed(&[FORWARDS_IPV6, FAILS_ANYWAY, NEEDS_A_WRITABLE_PROC_SYS]);
        assert!(run.names("ok").len() > 20, "{}", run.stdout);
        assert_in_order(
            run.failure(NEEDS_A_WRITABLE_PROC_SYS),
            &[
                "failed to set sysctl `net/ipv4/tcp_fin_timeout` of node `a` to `7`: Read-only file system\n",
                "  help: /proc/sys is read-only in this container: `docker run --security-opt systempaths=unconfined`, `podman run --security-opt unmask=ALL`, in a Kubernetes pod `procMount: Unmasked`",
            ],
        );
        assert_in_order(
            run.failure(FORWARDS_IPV6),
            &[
                "failed to make node `r` forward IPv6: Read-only file system\n",
                "  help: /proc/sys is read-only in this container: `docker run",
                "  help: IPv4 is forwarded here all the same: leave IPv6 out, `Topology::only(Family::V4)`",
            ],
        );
    }
}

/// Nothing is told that was done in another way.
#[test]
fn what_could_not_be_set_is_told_once() {
    for user in users() {
        let run = run(user, &["--exact", FAILS_ANYWAY]);
        let report = run.failure(FAILS_ANYWAY);
        let line = "could not set net/ipv6/conf/default/router_solicitations to 0: Read-only file system\n";
        assert_eq!(report.matches(line).count(), 1, "{report}");
        assert!(
            report.contains(&format!("\nroot, a, b, c: {line}")),
            "{report}"
        );
        for done in ["accept_dad", "disable_ipv6", "conf/default/rp_filter"] {
            assert!(!report.contains(done), "{report}");
        }
    }
}
