//! Features that a test asks for: what is there works, what is not is named.

use netns_test::{Feature, Network, TestResult, Topology, netns_test, require};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

#[netns_test(topology = Topology::lan(["a", "b"]), requires(veth, bridge, ipv6, names, programs))]
fn a_test_that_requires_what_is_there_runs(net: &Network) -> TestResult {
    require([Feature::Veth, Feature::Sysctls])?;
    require([])?;
    net.host("a").ping("b")?.assert_lossless();
    Ok(())
}

#[netns_test]
fn all_that_is_missing_is_named_at_once() {
    let missing: Vec<Feature> = Feature::ALL
        .iter()
        .copied()
        .filter(|feature| require(feature).is_err())
        .collect();
    match require(Feature::ALL) {
        Ok(()) => assert_eq!(missing, []),
        Err(error) => {
            assert!(error.is_unsupported(), "{error}");
            assert_eq!(error.missing_features(), missing);
            for feature in missing {
                assert!(
                    error.to_string().contains(&format!("`{feature}`")),
                    "{error}"
                );
            }
        }
    }
}

/// The kernel may change its mind about what it has no room for, and is asked again.
#[netns_test]
fn what_could_not_be_told_is_tried_again() -> TestResult {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, 0, hard)?;
    let error = require(Feature::Veth).unwrap_err();
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
    assert!(!error.is_unsupported() && !error.is_refused(), "{error}");
    assert!(error.missing_features().is_empty());
    let text = error.to_string();
    assert!(
        text.starts_with(
            "failed to find feature `veth`: whether this machine has it could not be told\n"
        ),
        "{text}"
    );
    assert!(text.contains("with EMFILE (Too many open files)"), "{text}");
    require(Feature::Veth)?;
    Ok(())
}

/// Nothing of the trials is left in the network that asked.
#[netns_test(topology = Topology::lan(["a"]))]
fn a_trial_leaves_nothing(net: &Network) -> TestResult {
    let seen = || net.host("a").command("ip").args(["-d", "link"]).read();
    let before = seen()?;
    net.host("a").run(|| drop(require(Feature::ALL)));
    assert_eq!(seen()?, before);
    Ok(())
}
