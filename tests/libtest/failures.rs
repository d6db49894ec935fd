//! Failing bodies: the message, its place and the report stand under the test's heading.

use crate::run::run;
use crate::subjects::{Package, Run, assert_in_order};

const REPORT: &str = "---- the network as it was ----";

fn outcomes(name: &str) -> Run {
    let name = format!("outcomes::{name}");
    let run = run(Package::Downstream, &["--exact", &name]);
    run.assert_failed(&[&name]);
    run
}

/// One failing test's section.
fn section(name: &str) -> String {
    outcomes(name)
        .failure(&format!("outcomes::{name}"))
        .to_owned()
}

#[test]
fn an_assertion_keeps_its_message_and_place() {
    assert_in_order(
        &section("fails_an_assertion"),
        &[
            "thread 'outcomes::fails_an_assertion'",
            "panicked at tests/downstream/tests/subjects/outcomes.rs:",
            "assertion `left == right` failed: the lan has two members\n  left: 2\n right: 3\n",
            REPORT,
            "client eth0 10.1.0.1/16",
            "-- server eth0 10.1.0.2/16",
            "\nclient:\n",
            "\nserver:\n",
        ],
    );
}

/// What was healed by the panic itself is told, too: it was going on before.
#[test]
fn what_somebody_did_to_the_network_is_in_the_report() {
    assert_in_order(
        &section("fails_in_trouble"),
        &[
            "nobody answers",
            &format!(
                "{REPORT}\n\
                 trouble:\n  \
                 partition: client | server, other (healed)\n  \
                 partition: client does not hear server (healed)\n  \
                 the cable of interface `eth0` of node `other` is cut\n"
            ),
            "other eth0 is up and has no carrier: its other end is down\n",
            "\nplan:\n",
        ],
    );
}

#[test]
fn what_a_firewall_has_counted_is_in_the_report() {
    assert_in_order(
        &section("fails_at_a_firewall"),
        &[
            REPORT,
            "dropped it, by rule `no ping` of chain `input`",
            "\nserver:\n",
            "\n  counter input: no ping: ",
        ],
    );
}

#[test]
fn a_panic_is_told_once() {
    let section = section("fails_with_a_panic");
    assert_eq!(section.matches("out of cheese").count(), 1, "{section}");
    assert_eq!(section.matches("panicked at").count(), 1, "{section}");
    assert_eq!(section.matches(REPORT).count(), 1, "{section}");
}

#[test]
fn a_payload_need_not_be_text() {
    assert_in_order(
        &section("fails_with_a_payload_that_is_no_text"),
        &["panicked at", "Box<dyn Any>", REPORT],
    );
}

#[test]
fn a_test_result_tells_the_line_of_the_question_mark() {
    let section = section("fails_with_a_test_result");
    let place = "\n  returned by `?` at tests/downstream/tests/subjects/outcomes.rs:";
    assert_in_order(
        &section,
        &["Error: invalid digit found in string", place, REPORT],
    );
    assert!(!section.contains("panicked"), "{section}");
}

#[test]
fn a_boxed_error_is_shown() {
    assert_in_order(
        &section("fails_with_a_boxed_error"),
        &[r#"Error: "boxed and broken""#, REPORT],
    );
}

/// It prints nothing by itself.
#[test]
fn an_exit_code_is_named_as_the_reason() {
    assert_in_order(
        &section("fails_with_an_exit_code"),
        &[REPORT, "the test returned a failure"],
    );
}

#[test]
fn a_wrong_topology_lists_its_mistakes_with_their_lines() {
    let section = section("fails_by_its_topology");
    let place = "tests/downstream/tests/subjects/outcomes.rs:";
    assert_in_order(
        &section,
        &[
            "failed to plan the topology: 1 mistake",
            place,
            "`not an address`",
        ],
    );
    assert!(
        !section.contains("unreachable") && !section.contains(REPORT),
        "{section}"
    );
}

#[test]
fn a_topology_that_panics_keeps_its_message() {
    assert_in_order(
        &section("fails_by_a_topology_that_panics"),
        &["panicked at", "no topology today"],
    );
}

#[test]
fn an_unknown_host_lists_the_known_ones() {
    let section = section("fails_by_the_name_of_its_host");
    assert!(
        section.contains("inside host `sevrer`: no such name (known: root, client, server)"),
        "{section}"
    );
}

#[test]
fn a_thread_that_is_left_is_named_with_the_remedy() {
    assert_in_order(
        &section("fails_by_a_thread_that_is_left"),
        &[
            "a thread still lives in it after the body has ended: `the-sleeper` (thread ",
            ") in node `root`",
            "help: join the thread in the test",
            "help: a pool that lives as long as the process: `.allow(Mistake::ThreadLeft)`",
        ],
    );
}

#[test]
fn the_report_tells_who_listens() {
    assert_in_order(
        &section("fails_by_waiting_in_vain"),
        &[REPORT, "\nserver:\n", "\n  listening: tcp 0.0.0.0:8080\n"],
    );
}

#[test]
fn the_first_failure_is_the_one_that_is_told() {
    let section = section("fails_once_although_a_thread_is_left_too");
    assert_in_order(&section, &["this is what matters", REPORT]);
    assert!(!section.contains("the-sleeper"), "{section}");
}

#[test]
fn a_failure_of_an_async_body_reads_the_same() {
    let names = ["fails_with_a_panic", "fails_with_an_error"];
    let run = run(Package::Tokio, &["--exact", names[0], names[1]]);
    run.assert_failed(&names);
    assert_in_order(
        run.failure(names[0]),
        &[
            "thread 'fails_with_a_panic'",
            "panicked at",
            "after an await",
            REPORT,
        ],
    );
    assert_in_order(
        run.failure(names[1]),
        &["Error: Connection refused", "returned by `?` at", REPORT],
    );
}

/// The output alone tells a stranger why: lab A, with one digit wrong.
#[test]
fn a_mistyped_address_is_told_first() {
    assert_in_order(
        &section("fails_by_a_mistyped_address"),
        &[
            "  left: 0\n right: 3\n",
            REPORT,
            "ns1 pinged 172.16.1.3: 0 of 3 answered; no node has that address \
             (there are: root 172.16.1.254, ns1 172.16.1.1, ns2 172.16.1.2)\n",
            "ns1 asked on eth0 who has 172.16.1.3, and nobody answered",
            "neighbour 172.16.1.3 dev eth0 ",
        ],
    );
}
