//! How much room the machine leaves: limits that one test never meets, and a large network or many tests do.

use super::check::{Check, CheckResult};
use super::facts::Facts;
use super::remedy;
use super::step::Namespace;

/// Descriptors that a test takes beside one for each host.
const BESIDE: u64 = 64;
/// A network of so many hosts, and as many networks at a time, is what people have.
const ENOUGH: u64 = 64;

/// Whether there is room for what people usually build.
pub(crate) fn headroom(facts: &Facts) -> Check {
    let hosts = facts
        .open_files
        .map(|(_, hard)| hard.saturating_sub(BESIDE));
    let mut known: Vec<String> = Vec::new();
    let mut remedy = None;
    if let Some((soft, hard)) = facts.open_files {
        let hosts = hosts.unwrap_or_default();
        known.push(format!(
            "{soft} open files, at most {hard}: up to {hosts} hosts in a network"
        ));
        if hosts < ENOUGH {
            remedy = remedy::open_files(facts).into_iter().next();
        }
    }
    for (limit, kind) in [
        (facts.limits.of(Namespace::Network), "network"),
        (facts.limits.of(Namespace::User), "user"),
    ] {
        let Some(limit) = limit else { continue };
        known.push(format!("{limit} {kind} namespaces"));
        if limit < ENOUGH && remedy.is_none() {
            let setting = match kind {
                "network" => "user.max_net_namespaces=15000",
                _ => "user.max_user_namespaces=15000",
            };
            remedy = remedy::sysctl(facts, setting).into_iter().next();
        }
    }
    let detail = known.join("; ");
    Check::new(
        "limits",
        match remedy {
            Some(remedy) => CheckResult::Missing { detail, remedy },
            None => CheckResult::Ok(detail),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::facts::Limits;

    fn facts(hard: u64, networks: u64, users: u64) -> Facts {
        Facts {
            open_files: Some((100, hard)),
            limits: Limits::read(|namespace| match namespace {
                Namespace::Network => Some(networks),
                Namespace::User => Some(users),
                _ => None,
            }),
            ..Facts::default()
        }
    }

    #[test]
    fn room_for_what_is_usual_is_enough() {
        assert_eq!(
            headroom(&facts(1024, 15000, 63000)).result,
            CheckResult::Ok(
                "100 open files, at most 1024: up to 960 hosts in a network; 15000 network namespaces; 63000 user namespaces"
                    .to_owned()
            )
        );
        assert!(headroom(&Facts::default()).result.is_ok());
    }

    #[test]
    fn a_limit_that_is_met_soon_is_told_with_its_remedy() {
        for (facts, expected) in [
            (facts(127, 15000, 63000), "ulimit -n 127"),
            (
                facts(1024, 10, 63000),
                "sudo sysctl -w user.max_net_namespaces=15000",
            ),
            (
                facts(1024, 15000, 3),
                "sudo sysctl -w user.max_user_namespaces=15000",
            ),
        ] {
            match headroom(&facts).result {
                CheckResult::Missing { remedy, .. } => assert_eq!(remedy, expected),
                other => panic!("{other:?}"),
            }
        }
    }
}
