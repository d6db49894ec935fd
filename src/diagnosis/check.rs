//! One thing that the doctor tried, and what became of it.

use std::fmt;

use super::json::{self, Json};

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

impl CheckResult {
    /// What is known, and what helps.
    pub(super) fn texts(&self) -> (&str, Option<&str>) {
        match self {
            Self::Ok(detail) | Self::Unknown(detail) | Self::Refused(detail) => (detail, None),
            Self::Missing { detail, remedy } => (detail, Some(remedy)),
        }
    }
}

impl Check {
    /// Its line in the report, its name as wide as the widest.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        let (detail, remedy) = self.result.texts();
        let mut lines = detail.lines();
        let first = lines.next().unwrap_or_default();
        let line = format!(
            "  {:<7}  {:<width$}  {first}",
            self.result.word(),
            self.name
        );
        writeln!(f, "{}", line.trim_end())?;
        for line in lines {
            writeln!(f, "           {line}")?;
        }
        match remedy {
            Some(remedy) => writeln!(f, "             help: {remedy}"),
            None => Ok(()),
        }
    }

    pub(super) fn json(&self) -> Json {
        let (detail, remedy) = self.result.texts();
        json::object([
            ("name", json::text(&self.name)),
            ("result", json::text(self.result.word())),
            ("detail", json::text(detail)),
            ("remedy", json::optional(remedy)),
        ])
    }
}
