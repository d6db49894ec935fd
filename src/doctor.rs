//! What this machine can do, tried out.

use crate::diagnosis::{Check, CheckResult, DoctorReport};
use crate::entry;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::sys::bootstrap::{self, Entered};
use crate::sys::facts;
use crate::topology::Topology;

/// Tries out what this crate needs and says what works, what does not, and why.
///
/// Nothing is concluded from files: a user namespace is entered, networks are built, pings are sent. Call it in a `main` that has made
/// no threads.
///
/// # Examples
///
/// ```
/// let report = netns_test::doctor();
/// println!("{report}");
/// assert!(report.is_usable());
/// ```
pub fn doctor() -> DoctorReport {
    // Before entering: the limits inside a user namespace are others.
    let facts = facts::gather();
    let mut checks = vec![check("network namespaces", entered)];
    if checks[0].result.is_ok() {
        checks.push(check("veth pairs", || {
            reaches(Topology::lan(["a", "b"]), "10.1.0.2")
        }));
        checks.push(check("bridges", || {
            reaches(Topology::lan(["a", "b", "c"]), "10.1.0.2")
        }));
        checks.push(check("IPv6", || {
            reaches(Topology::lan(["a", "b"]), "fd00:1::2")
        }));
        checks.push(sysctls());
        checks.push(names());
        checks.push(check("programs", programs));
    }
    DoctorReport::new(checks, facts)
}

fn check(name: &str, attempt: impl FnOnce() -> Result<String>) -> Check {
    let result = match attempt() {
        Ok(detail) => CheckResult::Ok(detail),
        Err(error) if error.is_refused() => CheckResult::Refused(error.to_string()),
        Err(error) => CheckResult::Unknown(error.to_string()),
    };
    Check::new(name, result)
}

fn entered() -> Result<String> {
    entry::ensure()?;
    Topology::new().build()?.close()?;
    Ok(match bootstrap::entered() {
        Entered::UserNamespace => "in a user namespace of this process's own".to_owned(),
        _ => "by the privileges that this process has".to_owned(),
    })
}

/// Builds the network and pings from `a`.
fn reaches(topology: Topology, target: &str) -> Result<String> {
    let network: Network = topology.build()?;
    let report = network.host("a").ping(target)?;
    network.close()?;
    if report.is_lossless() {
        return Ok(format!(
            "{} of {} pings answered",
            report.received(),
            report.transmitted()
        ));
    }
    Err(Error::new(
        crate::error::Kind::Kernel,
        format!("ping `{target}`"),
        report,
    ))
}

/// Whether everything could be set that makes a network usable at once.
fn sysctls() -> Check {
    let unset = Topology::new().build().map(|network| {
        let unset = &network.parts().nodes[0].unset;
        unset.iter().map(|it| told(&it.sysctl, &it.cause)).collect()
    });
    complete(
        "sysctls",
        unset,
        "all of this crate's defaults could be set",
        "could not be set:",
        "in a container: a writable /proc/sys, `docker run --security-opt systempaths=unconfined`",
    )
}

/// Whether a host has its own name, files, `/sys` and `/proc/net`.
fn names() -> Check {
    let lacking = Topology::new().build().and_then(|network| {
        network.root().run(|| ());
        let lacking = network.parts().lacking(0);
        network.close()?;
        Ok(lacking.iter().map(|it| told(it.what, &it.cause)).collect())
    });
    complete(
        "names and files",
        lacking,
        "each host has its own name and files",
        "hosts see the machine's",
        "in a container: allow mounts, `docker run --security-opt apparmor=unconfined`; networks work without",
    )
}

fn told(what: &str, cause: &str) -> String {
    format!("{what} ({cause})")
}

/// A check that holds if nothing is missing.
fn complete(
    name: &str,
    missing: Result<Vec<String>>,
    holds: &str,
    lacks: &str,
    remedy: &str,
) -> Check {
    let result = match missing {
        Ok(missing) if missing.is_empty() => CheckResult::Ok(holds.to_owned()),
        Ok(missing) => CheckResult::Missing {
            detail: format!("{lacks} {}", missing.join(", ")),
            remedy: remedy.to_owned(),
        },
        Err(error) => CheckResult::Unknown(error.to_string()),
    };
    Check::new(name, result)
}

/// Whether programs could be started that end with the network. None is.
fn programs() -> Result<String> {
    let network = Topology::new().build()?;
    network.root().start(|| ())?;
    network.close()?;
    Ok("they end with their network".to_owned())
}
