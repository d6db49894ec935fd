//! Whether the kernel is one of those on which this crate is tested.

use super::check::{Check, CheckResult};
use super::facts::Facts;

/// The oldest kernel of `.ci/kernels`.
const OLDEST: (u32, u32) = (5, 10);

/// The kernel's release. An older one may do all that is tried out, and something else differently.
pub(crate) fn kernel(facts: &Facts) -> Check {
    let result = match facts.release.as_deref() {
        None => CheckResult::Unknown("/proc/sys/kernel/osrelease cannot be read".to_owned()),
        Some(release) if version(release).is_some_and(|it| it < OLDEST) => {
            let (major, minor) = OLDEST;
            CheckResult::Missing {
                detail: format!(
                    "Linux {release} is older than {major}.{minor}, the oldest on which this crate is tested"
                ),
                remedy: format!("use a machine with Linux {major}.{minor} or newer"),
            }
        }
        Some(release) => CheckResult::Ok(format!("Linux {release}")),
    };
    Check::new("kernel", result)
}

/// The first two numbers of `6.8.0-1017-azure`; a release may also be any other text.
fn version(release: &str) -> Option<(u32, u32)> {
    let (major, rest) = release.split_once('.')?;
    let minor = rest.split(|it: char| !it.is_ascii_digit()).next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(release: Option<&str>) -> CheckResult {
        let facts = Facts {
            release: release.map(str::to_owned),
            ..Facts::default()
        };
        kernel(&facts).result
    }

    #[test]
    fn the_oldest_and_what_follows_it_is_well() {
        for release in [
            "5.10.0-32-amd64",
            "5.10",
            "6.1.0",
            "7.3.1-rc2",
            "10.0.0",
            "unknown",
        ] {
            let expected = CheckResult::Ok(format!("Linux {release}"));
            assert_eq!(result(Some(release)), expected);
        }
    }

    #[test]
    fn what_is_older_is_told_with_what_helps() {
        for release in ["4.19.0-27-amd64", "5.9.16", "3.10.0-1160.el7.x86_64"] {
            let CheckResult::Missing { detail, remedy } = result(Some(release)) else {
                panic!("{release} is older");
            };
            assert!(detail.starts_with(&format!("Linux {release} is older than 5.10, ")));
            assert_eq!(remedy, "use a machine with Linux 5.10 or newer");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        assert!(matches!(result(None), CheckResult::Unknown(_)));
    }
}
