//! The doctor's report: what of this machine works, what is missing, and what to do, as one screen.

use std::fmt;

use super::facts::Facts;

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
    facts: Facts,
}

/// One thing that was tried.
///
/// # Examples
///
/// ```
/// use netns_test::{CheckResult, DoctorReport};
///
/// fn has(report: &DoctorReport, name: &str) -> bool {
///     report.checks().iter().any(|check| check.name == name && check.result.is_ok())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// What was tried, such as `user namespace` or `netem`.
    pub name: String,
    /// What became of it.
    pub result: CheckResult,
}

/// What became of a [`Check`].
///
/// # Examples
///
/// ```
/// use netns_test::CheckResult;
///
/// let missing = CheckResult::Missing {
///     detail: "the kernel has no `netem`".to_owned(),
///     remedy: "sudo modprobe sch_netem".to_owned(),
/// };
/// assert!(!missing.is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckResult {
    /// It works; the detail says how, or how fast.
    Ok(String),
    /// The machine lacks this part; tests that do not ask for it run.
    Missing {
        /// What is missing.
        detail: String,
        /// The one line that provides it.
        remedy: String,
    },
    /// No test can run. The text is the one that each refused test prints.
    Refused(String),
    /// It could not be told, and why.
    Unknown(String),
}

impl CheckResult {
    /// Whether it works.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::CheckResult;
    ///
    /// assert!(CheckResult::Ok("3 of 3 pings answered".to_owned()).is_ok());
    /// assert!(!CheckResult::Unknown("no answer".to_owned()).is_ok());
    /// ```
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Ok(_))
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Ok(_) => "ok",
            Self::Missing { .. } => "missing",
            Self::Refused(_) => "refused",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Check {
    pub(crate) fn new(name: impl Into<String>, result: CheckResult) -> Self {
        Self {
            name: name.into(),
            result,
        }
    }
}

impl DoctorReport {
    pub(crate) fn new(checks: Vec<Check>, facts: Facts) -> Self {
        Self { checks, facts }
    }

    /// The checks, in the order in which they were made.
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

    /// The report in one sentence.
    ///
    /// # Examples
    ///
    /// ```
    /// println!("{}", netns_test::doctor().verdict());
    /// ```
    pub fn verdict(&self) -> String {
        if let Some(check) = self.first_refused() {
            return format!(
                "this machine refuses network tests: {} is not given",
                check.name
            );
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

    /// Whether network tests can run. Tests that ask for a missing part still fail.
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

    /// 0 if everything works, 1 if no network test can run, 2 if some parts are missing or could not be told.
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
        self.checks
            .iter()
            .map(|check| check.name.len())
            .max()
            .unwrap_or(0)
    }
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.verdict())?;
        for check in &self.checks {
            write_check(f, check, self.width())?;
        }
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

fn write_check(f: &mut fmt::Formatter<'_>, check: &Check, width: usize) -> fmt::Result {
    let detail = match &check.result {
        CheckResult::Ok(detail) | CheckResult::Unknown(detail) => detail,
        CheckResult::Missing { detail, .. } => detail,
        CheckResult::Refused(text) => text,
    };
    let mut lines = detail.lines();
    let first = lines.next().unwrap_or_default();
    let line = format!(
        "  {:<7}  {:<width$}  {first}",
        check.result.word(),
        check.name
    );
    writeln!(f, "{}", line.trim_end())?;
    for line in lines {
        writeln!(f, "           {line}")?;
    }
    match &check.result {
        CheckResult::Missing { remedy, .. } => writeln!(f, "             help: {remedy}"),
        _ => Ok(()),
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
        let report = DoctorReport::new(vec![ok("user namespace"), ok("veth")], ubuntu());
        assert_eq!((report.is_usable(), report.exit_code()), (true, 0));
        assert_eq!(
            report.to_string(),
            "this machine can run network tests\n  ok       user namespace  0.2 ms\n  ok       veth            0.2 ms\n"
        );
    }

    #[test]
    fn a_missing_part_is_named_with_its_remedy() {
        let report = DoctorReport::new(vec![ok("veth"), netem()], ubuntu());
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
        let report = DoctorReport::new(vec![ok("kernel"), refused], ubuntu());
        assert_eq!((report.is_usable(), report.exit_code()), (false, 1));
        for line in verdict.to_string().lines() {
            assert!(report.to_string().contains(line), "{line}");
        }
    }

    #[test]
    fn an_empty_or_unsure_report_is_not_usable() {
        let unknown = Check::new("veth", CheckResult::Unknown("not tried".to_owned()));
        for checks in [vec![], vec![unknown]] {
            let report = DoctorReport::new(checks, Facts::default());
            assert_eq!((report.is_usable(), report.exit_code()), (false, 1));
        }
    }
}
