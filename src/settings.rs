//! The environment variables that steer a run, as values.

use std::time::Duration;

use crate::feature::Feature;

/// A case's deadline when nobody says another.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What the environment says about this run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// `NETNS_TEST_UNSUPPORTED`: what becomes of a test that this machine cannot run.
    pub(crate) unsupported: Unsupported,
    /// `NETNS_TEST_REQUIRE`: what this machine must have, whatever a test asks for.
    pub(crate) require: Require,
    /// `NETNS_TEST_SKIPPED`: the file that skipped tests are recorded in.
    pub(crate) skipped: Option<String>,
    /// `NETNS_TEST_ISOLATION`: a process for each test, or none, for debuggers.
    pub(crate) isolation: Isolation,
    /// `NETNS_TEST_TIMEOUT`: a case's deadline, before scaling.
    pub(crate) timeout: Duration,
    /// `NETNS_TEST_TIME_SCALE`: what every limit is multiplied by.
    pub(crate) time_scale: f64,
    /// `NETNS_TEST_SEED`: from which everything follows that is left to chance.
    pub(crate) seed: Option<u64>,
    /// `NETNS_TEST_ON_FAIL`: what a failed test leaves.
    pub(crate) on_fail: OnFail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsupported {
    Fail,
    Skip,
}

/// What must be there on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Require {
    /// What a test does not ask for may be missing, and one that asks may be skipped.
    Nothing,
    /// Whatever a test needs, and whatever a network of ours can do without: nothing is skipped, nothing is tolerated.
    Everything,
    /// These, for each test.
    These(Vec<Feature>),
}

impl Require {
    /// The features that each test is held to.
    pub(crate) fn features(&self) -> &[Feature] {
        match self {
            Self::Nothing | Self::Everything => &[],
            Self::These(features) => features,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    Process,
    Thread,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFail {
    Report,
    Hold,
    None,
}

impl Settings {
    /// Reads the process's environment.
    pub(crate) fn from_env() -> Result<Self, String> {
        Self::parse(|name| std::env::var(name).ok())
    }

    fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let lookup = |name: &str| lookup(name).filter(|value| !value.is_empty());
        Ok(Self {
            unsupported: choice(
                &lookup,
                "NETNS_TEST_UNSUPPORTED",
                &[("fail", Unsupported::Fail), ("skip", Unsupported::Skip)],
            )?,
            require: required(&lookup, "NETNS_TEST_REQUIRE")?,
            skipped: lookup("NETNS_TEST_SKIPPED"),
            isolation: choice(
                &lookup,
                "NETNS_TEST_ISOLATION",
                &[
                    ("process", Isolation::Process),
                    ("thread", Isolation::Thread),
                ],
            )?,
            timeout: match positive(&lookup, "NETNS_TEST_TIMEOUT")? {
                Some(seconds) => Duration::from_secs_f64(seconds),
                None => TIMEOUT,
            },
            time_scale: positive(&lookup, "NETNS_TEST_TIME_SCALE")?.unwrap_or(1.0),
            seed: number(&lookup, "NETNS_TEST_SEED")?,
            on_fail: choice(
                &lookup,
                "NETNS_TEST_ON_FAIL",
                &[
                    ("report", OnFail::Report),
                    ("hold", OnFail::Hold),
                    ("none", OnFail::None),
                ],
            )?,
        })
    }

    /// A limit, scaled for slow machines.
    pub(crate) fn scaled(&self, limit: Duration) -> Duration {
        // A product that is no duration any more means for ever.
        Duration::try_from_secs_f64(limit.as_secs_f64() * self.time_scale).unwrap_or(Duration::MAX)
    }
}

/// A limit, scaled by `NETNS_TEST_TIME_SCALE` if that can be read.
pub(crate) fn scaled(limit: Duration) -> Duration {
    Settings::from_env().map_or(limit, |settings| settings.scaled(limit))
}

/// The seed that the environment names, if that can be read.
pub(crate) fn seed() -> Option<u64> {
    Settings::from_env().ok()?.seed
}

/// How long room for a namespace is waited for, scaled. People wait as long for the explanation where the limit is simply too low.
pub(crate) fn namespace_released_within() -> Duration {
    scaled(Duration::from_secs(10))
}

/// One of the named values; the first is the default.
fn choice<T: Copy>(
    lookup: &impl Fn(&str) -> Option<String>,
    name: &str,
    values: &[(&str, T)],
) -> Result<T, String> {
    let Some(text) = lookup(name) else {
        return Ok(values[0].1);
    };
    match values.iter().find(|(known, _)| *known == text) {
        Some((_, value)) => Ok(*value),
        None => {
            let known: Vec<&str> = values.iter().map(|(known, _)| *known).collect();
            Err(format!(
                "failed to read {name}: `{text}` is none of {}",
                known.join(", ")
            ))
        }
    }
}

/// `0`, `1`, or names of features separated by commas.
fn required(lookup: &impl Fn(&str) -> Option<String>, name: &str) -> Result<Require, String> {
    let Some(text) = lookup(name) else {
        return Ok(Require::Nothing);
    };
    match text.as_str() {
        "0" => return Ok(Require::Nothing),
        "1" => return Ok(Require::Everything),
        _ => {}
    }
    let mut features = Vec::new();
    for word in text.split(',').map(str::trim) {
        let unknown = || {
            // Nothing between two commas is better shown with them.
            let word = if word.is_empty() { &text } else { word };
            let known: Vec<&str> = Feature::ALL.iter().map(|it| it.name()).collect();
            let known = known.join(", ");
            format!(
                "failed to read {name}: `{word}` is none of 0, 1, or in a list separated by commas: {known}"
            )
        };
        features.push(Feature::from_name(word).ok_or_else(unknown)?);
    }
    Ok(Require::These(features))
}

/// Any number of 64 bits.
fn number(lookup: &impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<u64>, String> {
    let Some(text) = lookup(name) else {
        return Ok(None);
    };
    let wrong = |_| {
        let most = u64::MAX;
        format!("failed to read {name}: `{text}` is no whole number from 0 to {most}")
    };
    text.parse().map(Some).map_err(wrong)
}

/// A number above zero, and no larger than makes sense for a time.
fn positive(lookup: &impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<f64>, String> {
    let Some(text) = lookup(name) else {
        return Ok(None);
    };
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1e6 => Ok(Some(number)),
        _ => Err(format!(
            "failed to read {name}: `{text}` is no number above 0 and up to 1000000"
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::parse(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn an_empty_environment_means_the_defaults() {
        let settings = parse(&[("NETNS_TEST_UNSUPPORTED", "")]).unwrap();
        assert_eq!(settings.unsupported, Unsupported::Fail);
        assert_eq!(settings.isolation, Isolation::Process);
        assert_eq!(settings.timeout, Duration::from_secs(60));
        assert_eq!(settings.on_fail, OnFail::Report);
        assert_eq!(settings.require, Require::Nothing);
    }

    #[test]
    fn a_list_with_nothing_between_its_commas_is_shown_whole() {
        let error = parse(&[("NETNS_TEST_REQUIRE", "names,")]).unwrap_err();
        assert!(
            error.starts_with("failed to read NETNS_TEST_REQUIRE: `names,` is none of "),
            "{error}"
        );
    }

    #[test]
    fn abilities_are_required_all_or_by_name() {
        let require = |value| parse(&[("NETNS_TEST_REQUIRE", value)]).map(|it| it.require);
        assert_eq!(require("0"), Ok(Require::Nothing));
        assert_eq!(require("1"), Ok(Require::Everything));
        let these = Require::These(vec![Feature::Names, Feature::Netem]);
        assert_eq!(require("names, netem"), Ok(these));
        for wrong in ["yes", "names,", "names,yes", "1,names"] {
            let error = require(wrong).unwrap_err();
            assert!(
                error.starts_with("failed to read NETNS_TEST_REQUIRE: `"),
                "{error}"
            );
            assert!(
                error.contains("` is none of 0, 1, or in a list separated by commas: veth, bridge, ipv6, sysctls, "),
                "{error}"
            );
        }
    }

    #[test]
    fn a_scale_multiplies_limits() {
        let settings = parse(&[
            ("NETNS_TEST_TIME_SCALE", "2.5"),
            ("NETNS_TEST_TIMEOUT", "4"),
        ])
        .unwrap();
        assert_eq!(settings.scaled(settings.timeout), Duration::from_secs(10));
        assert_eq!(settings.scaled(Duration::MAX), Duration::MAX);
    }

    #[test]
    fn wrong_values_name_the_right_ones() {
        for (name, value, expected) in [
            (
                "NETNS_TEST_UNSUPPORTED",
                "ignore",
                "failed to read NETNS_TEST_UNSUPPORTED: `ignore` is none of fail, skip",
            ),
            (
                "NETNS_TEST_ISOLATION",
                "vm",
                "failed to read NETNS_TEST_ISOLATION: `vm` is none of process, thread",
            ),
            (
                "NETNS_TEST_ON_FAIL",
                "x",
                "failed to read NETNS_TEST_ON_FAIL: `x` is none of report, hold, none",
            ),
            (
                "NETNS_TEST_TIMEOUT",
                "0",
                "failed to read NETNS_TEST_TIMEOUT: `0` is no number above 0 and up to 1000000",
            ),
            (
                "NETNS_TEST_TIME_SCALE",
                "x",
                "failed to read NETNS_TEST_TIME_SCALE: `x` is no number above 0 and up to 1000000",
            ),
            (
                "NETNS_TEST_SEED",
                "-1",
                "failed to read NETNS_TEST_SEED: `-1` is no whole number from 0 to 18446744073709551615",
            ),
        ] {
            assert_eq!(parse(&[(name, value)]).unwrap_err(), expected);
        }
    }

    proptest! {
        /// Whatever the environment holds is refused in a line, or has limits that can be waited for.
        #[test]
        fn any_value_is_refused_or_scales_limits(
            value in prop_oneof![any::<String>(), "[-+0-9.eE]{0,8}", any::<f64>().prop_map(|number| number.to_string())],
            limit: Duration,
        ) {
            for name in ["NETNS_TEST_TIMEOUT", "NETNS_TEST_TIME_SCALE", "NETNS_TEST_REQUIRE", "NETNS_TEST_ON_FAIL"] {
                match parse(&[(name, &value)]) {
                    Ok(settings) => drop((settings.scaled(limit), settings.scaled(settings.timeout))),
                    Err(error) => {
                        // Of a list it is one part that is named.
                        let wrong = if name == "NETNS_TEST_REQUIRE" { "" } else { &value };
                        let expected = format!("failed to read {name}: `{wrong}");
                        prop_assert!(error.starts_with(&expected), "{}", error);
                        prop_assert!(error.contains("` is n"), "{}", error);
                    }
                }
            }
        }
    }
}
