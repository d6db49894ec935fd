//! A test that was left to chance says how it is repeated, and is repeated by that.

use crate::run::run_with;
use crate::subjects::{Package, assert_in_order};

const NAME: &str = "outcomes::fails_by_chance";

/// What stands under the failed test's heading.
fn section(name: &str, variables: &[(&str, &str)]) -> String {
    let run = run_with(Package::Downstream, &["--exact", name], variables);
    run.assert_failed(&[name]);
    run.failure(name).to_owned()
}

/// The line that begins so, from there on.
fn line<'a>(section: &'a str, begin: &str) -> &'a str {
    let found = section
        .lines()
        .find_map(|line| line.find(begin).map(|at| &line[at..]));
    found.unwrap_or_else(|| panic!("no `{begin}` in:\n{section}"))
}

#[test]
fn a_seed_repeats_the_fates_of_a_failed_test() {
    let first = section(NAME, &[]);
    let told = line(&first, "seed: ");
    let seed = told["seed: ".len()..].split(' ').next().unwrap();
    assert_eq!(
        told,
        format!(
            "seed: {seed} (`NETNS_TEST_SEED={seed} cargo test {NAME}` repeats what was left to chance)"
        )
    );
    // What the schedule did stands among the troubles.
    assert_in_order(
        &first,
        &[
            "\ntrouble:\n",
            "  interface `eth0` of node `client` is impaired: sends: loss 50 % (healed)\n",
            "  schedule: at ",
            " isolate node `client`; at 901ms heal (healed)\n",
            // Though it was healed before the test failed.
            "bad wires:\n",
            "  client eth0 -> server eth0: ",
            " lost",
            "  server eth0 -> client eth0: ",
            "\nplan:\n",
        ],
    );
    let again = section(NAME, &[("NETNS_TEST_SEED", seed)]);
    assert_eq!(line(&again, "seed: "), told);
    assert_eq!(line(&again, "came by: "), line(&first, "came by: "));
    let other = section(NAME, &[("NETNS_TEST_SEED", "1")]);
    assert!(line(&other, "seed: ").starts_with("seed: 1 "), "{other}");
    assert_ne!(line(&other, "came by: "), line(&first, "came by: "));
}

#[test]
fn where_nothing_is_left_to_chance_no_seed_is_told() {
    for name in ["fails_an_assertion", "fails_on_a_wire_without_trouble"] {
        let name = format!("outcomes::{name}");
        let section = section(&name, &[("NETNS_TEST_SEED", "5")]);
        assert!(!section.contains("seed"), "{section}");
    }
}
