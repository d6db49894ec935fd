//! What this machine can do, tried out.

use std::time::Instant;

use crate::diagnosis::{self, Check, CheckResult, DoctorReport, Failed, Ground};
use crate::entry;
use crate::error::{Error, Result};
use crate::feature::Feature;
use crate::network::Network;
use crate::require;
use crate::sys::bootstrap::{self, Entered};
use crate::topology::Topology;

/// Tries out what this crate needs, and every [`Feature`] that a test can ask for, and says what works, what does not, and why.
///
/// Nothing is concluded from files: a user namespace is entered, networks are built, pings are sent, links and filters of each kind are
/// made in a network of their own. The kernel may load modules for them. Call it in a `main` that has made no threads; `cargo netns
/// doctor` is such a program (`cargo install netns-test --features cli`).
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
    let ground = entry::ground();
    let mut checks = vec![check("network namespaces", entered)];
    let mut features = Vec::new();
    if checks[0].result.is_ok() {
        let tried = require::try_out(Feature::ALL);
        let failed = |feature| match &tried {
            Ok(tried) => {
                let result = tried.iter().find(|(tried, _)| *tried == feature);
                result.and_then(|(_, result)| result.clone().err())
            }
            Err(error) => Some(require::untried(error)),
        };
        checks.extend(own_needs(&failed, &ground));
        let others = Feature::ALL.iter().filter(|it| !it.is_own_need());
        features.extend(others.map(|it| of_feature(it.name(), *it, failed(*it), "", &ground)));
    }
    DoctorReport::new(checks, features, ground.facts)
}

/// What a network of this crate is not complete without, used as a test uses it.
fn own_needs(failed: &impl Fn(Feature) -> Option<Failed>, ground: &Ground) -> Vec<Check> {
    let tried = |name, feature, holds| of_feature(name, feature, failed(feature), holds, ground);
    vec![
        diagnosis::kernel(&ground.facts),
        check("veth pairs", || reaches(&["a", "b"], "10.1.0.2")),
        check("bridges", || reaches(&["a", "b", "c"], "10.1.0.2")),
        check("IPv6", || reaches(&["a", "b"], "fd00:1::2")),
        tried(
            "sysctls",
            Feature::Sysctls,
            "all of this crate's defaults could be set",
        ),
        tried(
            "names and files",
            Feature::Names,
            "each host has its own name and files",
        ),
        tried("programs", Feature::Programs, "they end with their network"),
        check("time", small_network),
        diagnosis::headroom(&ground.facts),
    ]
}

fn check(name: &str, attempt: impl FnOnce() -> Result<String>) -> Check {
    let result = match attempt() {
        Ok(detail) => CheckResult::Ok(detail),
        Err(error) if error.is_refused() => CheckResult::Refused(error.to_string()),
        Err(error) => CheckResult::Unknown(error.to_string()),
    };
    Check::new(name, result)
}

/// The outcome of a trial, as a line of the report.
fn of_feature(
    name: &str,
    feature: Feature,
    failed: Option<Failed>,
    holds: &str,
    ground: &Ground,
) -> Check {
    let result = match failed {
        None => CheckResult::Ok(holds.to_owned()),
        Some(failed) if failed.is_lack => CheckResult::Missing {
            remedy: diagnosis::lack_remedy(feature, &failed, ground),
            detail: failed.text,
        },
        Some(failed) => CheckResult::Unknown(failed.text),
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

/// Builds a segment and pings from `a`.
fn reaches(members: &[&str], target: &str) -> Result<String> {
    let network: Network = Topology::lan(members.iter().copied()).build()?;
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

/// What a small test pays for its network.
fn small_network() -> Result<String> {
    let begin = Instant::now();
    let network = Topology::lan(["a", "b"]).build()?;
    let built = begin.elapsed();
    network.close()?;
    let milliseconds = built.as_secs_f64() * 1000.0;
    Ok(format!(
        "a network of two hosts is built in {milliseconds:.1} ms"
    ))
}
