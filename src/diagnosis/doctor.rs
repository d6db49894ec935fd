//! The doctor's report: what of this machine works, what is missing, and what to do, as one screen.

use std::fmt;

use super::check::{Check, CheckResult};
use super::facts::Facts;
use super::json;

/// The version of the JSON form: another number says that keys have gone or mean something else.
const FORMAT: u64 = 1;

/// What a machine can do for network tests: one line a check, each failed one with its remedy.
///
/// `Display` prints it as one screen.
///
/// # Examples
///
/// The last lines of a program that a CI job runs before its tests:
///
/// ```
/// use std::process::ExitCode;
///
/// fn finish(report: &netns_test::DoctorReport) -> ExitCode {
///     println!("{report}");
///     ExitCode::from(report.exit_code())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct DoctorReport {
    checks: Vec<Check>,
    features: Vec<Check>,
    facts: Facts,
}

impl DoctorReport {
    pub(crate) fn new(checks: Vec<Check>, features: Vec<Check>, facts: Facts) -> Self {
        Self {
            checks,
            features,
            facts,
        }
    }

    /// What this crate itself needs, in the order in which it was tried.
    ///
    /// # Examples
    ///
    /// ```
    /// for check in netns_test::doctor().checks() {
    ///     println!("{}: {}", check.name, check.result.is_ok());
    /// }
    /// ```
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Each [`Feature`](crate::Feature) that a test can ask for beyond that, by its name. What is missing here makes no machine less usable for others.
    ///
    /// # Examples
    ///
    /// ```
    /// let report = netns_test::doctor();
    /// let missing = report.features().iter().filter(|feature| !feature.result.is_ok());
    /// println!("{} features are missing", missing.count());
    /// ```
    pub fn features(&self) -> &[Check] {
        &self.features
    }

    /// The report as a JSON object, for programs.
    ///
    /// | Key | Value |
    /// |---|---|
    /// | `format` | 1; another number says that keys have gone or mean something else, and new keys may come at any time |
    /// | `version` | the version of this crate |
    /// | `verdict` | [`verdict`](Self::verdict) |
    /// | `exit_code` | [`exit_code`](Self::exit_code) |
    /// | `checks` | [`checks`](Self::checks): objects with `name`, `result` (`ok`, `missing`, `refused` or `unknown`), `detail` and `remedy`, which is null where there is none |
    /// | `features` | [`features`](Self::features), in the same form |
    /// | `facts` | what is known of the machine: objects with `key` and `text` |
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(netns_test::doctor().to_json().contains(r#""format": 1,"#));
    /// ```
    pub fn to_json(&self) -> String {
        let facts = self.facts.sentences().into_iter().map(|fact| {
            json::object([
                ("key", json::text(fact.key)),
                ("text", json::text(&fact.text)),
            ])
        });
        json::document([
            ("format", json::number(FORMAT)),
            ("version", json::text(env!("CARGO_PKG_VERSION"))),
            ("verdict", json::text(&self.verdict())),
            ("exit_code", json::number(self.exit_code().into())),
            ("checks", json::list(self.checks.iter().map(Check::json))),
            (
                "features",
                json::list(self.features.iter().map(Check::json)),
            ),
            ("facts", json::list(facts)),
        ])
    }

    /// The report in one sentence.
    ///
    /// # Examples
    ///
    /// ```
    /// println!("{}", netns_test::doctor().verdict());
    /// ```
    pub fn verdict(&self) -> String {
        if let Some(check) = self.first_refused() {
            return format!("this machine refuses network tests ({})", check.name);
        }
        if !self.is_usable() {
            return "nothing was found to work, so no network test will".to_owned();
        }
        let others: Vec<_> = self.failed().map(|check| check.name.as_str()).collect();
        match others.as_slice() {
            [] => "this machine can run network tests".to_owned(),
            others => format!(
                "this machine can run network tests, but without: {}",
                others.join(", ")
            ),
        }
    }

    /// Whether network tests can run. Tests that ask for a missing feature still fail.
    ///
    /// # Examples
    ///
    /// ```
    /// if !netns_test::doctor().is_usable() {
    ///     println!("network tests will fail here");
    /// }
    /// ```
    pub fn is_usable(&self) -> bool {
        self.first_refused().is_none() && self.checks.iter().any(|check| check.result.is_ok())
    }

    /// 0 if network tests can run with everything that this crate itself needs, 1 if none can run, 2 if they can, but some of those needs are
    /// missing or could not be told: sysctls, names, programs, room, a kernel of 5.10 or newer. Missing [`features`](Self::features) change nothing here.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// std::process::exit(netns_test::doctor().exit_code().into());
    /// ```
    pub fn exit_code(&self) -> u8 {
        match (self.is_usable(), self.failed().next()) {
            (false, _) => 1,
            (true, None) => 0,
            (true, Some(_)) => 2,
        }
    }

    fn first_refused(&self) -> Option<&Check> {
        let is_refused = |check: &&Check| matches!(check.result, CheckResult::Refused(_));
        self.checks.iter().find(is_refused)
    }

    fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.result.is_ok())
    }

    /// The width of the column of names.
    fn width(&self) -> usize {
        let missing = self.features.iter().filter(|it| !it.result.is_ok());
        let shown = self.checks.iter().chain(missing);
        shown.map(|check| check.name.len()).max().unwrap_or(0)
    }

    /// Those that are there on a line, the others with what helps.
    fn write_features(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        let (present, missing): (Vec<_>, Vec<_>) =
            self.features.iter().partition(|it| it.result.is_ok());
        if !present.is_empty() {
            let names: Vec<&str> = present.iter().map(|it| it.name.as_str()).collect();
            let detail = CheckResult::Ok(names.join(" "));
            Check::new("features", detail).write(f, width)?;
        }
        missing.into_iter().try_for_each(|it| it.write(f, width))
    }
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.verdict())?;
        let width = self.width();
        for check in &self.checks {
            check.write(f, width)?;
        }
        self.write_features(f, width)?;
        // A machine where all is well needs no proof; on any other the facts belong into the report of the problem.
        let facts = self.facts.sentences();
        if self.exit_code() == 0 || facts.is_empty() {
            return Ok(());
        }
        writeln!(f, "facts:")?;
        for fact in facts {
            writeln!(f, "  {}", fact.text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::{Step, diagnose};

    fn ok(name: &str) -> Check {
        Check::new(name, CheckResult::Ok("0.2 ms".to_owned()))
    }

    fn netem() -> Check {
        let result = CheckResult::Missing {
            detail: "the kernel has no qdisc `netem`".to_owned(),
            remedy: "sudo modprobe sch_netem".to_owned(),
        };
        Check::new("netem", result)
    }

    fn ubuntu() -> Facts {
        Facts {
            apparmor_restricts: Some(1),
            ..Facts::default()
        }
    }

    #[test]
    fn a_good_machine_is_green_and_brief() {
        let report = DoctorReport::new(vec![ok("user namespace"), ok("veth")], vec![], ubuntu());
        assert_eq!((report.is_usable(), report.exit_code()), (true, 0));
        assert_eq!(
            report.to_string(),
            "this machine can run network tests\n  ok       user namespace  0.2 ms\n  ok       veth            0.2 ms\n"
        );
    }

    #[test]
    fn a_missing_part_is_named_with_its_remedy() {
        let report = DoctorReport::new(vec![ok("veth"), netem()], vec![], ubuntu());
        assert_eq!((report.is_usable(), report.exit_code()), (true, 2));
        let text = report.to_string();
        assert!(text.starts_with("this machine can run network tests, but without: netem\n"));
        assert!(
            text.contains("\n             help: sudo modprobe sch_netem\n"),
            "{text}"
        );
        assert!(
            text.contains("apparmor_restrict_unprivileged_userns reads 1"),
            "{text}"
        );
    }

    #[test]
    fn a_refusal_is_the_text_of_the_tests() {
        let verdict = diagnose(Step::UidMap, crate::errno::EPERM, &ubuntu());
        let refused = Check::new("user namespace", CheckResult::Refused(verdict.to_string()));
        let report = DoctorReport::new(vec![ok("kernel"), refused], vec![], ubuntu());
        assert_eq!((report.is_usable(), report.exit_code()), (false, 1));
        for line in verdict.to_string().lines() {
            assert!(report.to_string().contains(line), "{line}");
        }
    }

    #[test]
    fn an_empty_or_unsure_report_is_not_usable() {
        let unknown = Check::new("veth", CheckResult::Unknown("not tried".to_owned()));
        for checks in [vec![], vec![unknown]] {
            let report = DoctorReport::new(checks, vec![], Facts::default());
            assert_eq!((report.is_usable(), report.exit_code()), (false, 1));
        }
    }
}
