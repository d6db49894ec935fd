//! `cargo netns doctor`, on this machine and on worse ones.

use std::process::{Command, Output};

use super::refusals::{Refusal, become_user, refuse};
use super::subjects::assert_in_order;
use super::{NOBODY_IN_PARTICULAR, Program, is_root};

/// What the program printed and answered, as an ordinary user whom something is refused, or as whoever runs this test.
fn doctor(arguments: &[&str], refusal: Option<Refusal>) -> Output {
    let program = Program::copy_of(env!("CARGO_BIN_EXE_cargo-netns").as_ref());
    let mut command = program.command(arguments);
    if let Some(refusal) = refusal {
        as_a_user(&mut command);
        refuse(&mut command, refusal);
    }
    command.output().unwrap()
}

fn as_a_user(command: &mut Command) {
    if is_root() {
        become_user(command, NOBODY_IN_PARTICULAR);
    }
}

fn text(output: &Output) -> &str {
    assert_eq!(output.stderr, b"");
    std::str::from_utf8(&output.stdout).unwrap()
}

fn json(refusal: Option<Refusal>) -> serde_json::Value {
    let output = doctor(&["doctor", "--json"], refusal);
    let value: serde_json::Value = serde_json::from_str(text(&output)).unwrap();
    assert_eq!(value["exit_code"], output.status.code().unwrap());
    assert_eq!(value["format"], 1);
    value
}

/// The entry of this name in `checks` or `features`.
fn entry<'v>(report: &'v serde_json::Value, list: &str, name: &str) -> &'v serde_json::Value {
    let entries = report[list].as_array().unwrap();
    let found = entries.iter().find(|entry| entry["name"] == name);
    found.unwrap_or_else(|| panic!("`{name}` is missing in {report:#}"))
}

const NAMES_OF_CHECKS: [&str; 10] = [
    "network namespaces",
    "kernel",
    "veth pairs",
    "bridges",
    "IPv6",
    "sysctls",
    "names and files",
    "programs",
    "time",
    "limits",
];

/// Whatever features are missing here, this machine runs this suite.
#[test]
fn a_machine_that_runs_this_suite_is_well() {
    for arguments in [&["doctor"][..], &["netns", "doctor"]] {
        let output = doctor(arguments, None);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = text(&output);
        assert!(
            text.starts_with("this machine can run network tests\n"),
            "{text}"
        );
        let lines = NAMES_OF_CHECKS.map(|name| format!("\n  ok       {name}"));
        assert_in_order(text, &lines.each_ref().map(String::as_str));
        assert!(text.contains("\n  ok       features"), "{text}");
        assert!(text.lines().count() <= 60, "{text}");
    }
}

#[test]
fn as_an_ordinary_user_it_is_as_well() {
    let program = Program::copy_of(env!("CARGO_BIN_EXE_cargo-netns").as_ref());
    let mut command = program.command(&["doctor"]);
    as_a_user(&mut command);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let line = "\n  ok       network namespaces  in a user namespace of this process's own\n";
    assert!(text(&output).contains(line), "{output:?}");
}

#[test]
fn programs_read_the_same_report() {
    let report = json(None);
    assert_eq!(report["verdict"], "this machine can run network tests");
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    let checks = report["checks"].as_array().unwrap();
    let names: Vec<_> = checks
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, NAMES_OF_CHECKS);
    for entry in checks.iter().chain(report["features"].as_array().unwrap()) {
        let result = entry["result"].as_str().unwrap();
        assert!(["ok", "missing"].contains(&result), "{entry}");
        assert!(entry["detail"].is_string());
        assert_eq!(entry["remedy"].is_string(), result == "missing", "{entry}");
    }
    let facts = report["facts"].as_array().unwrap();
    let release = facts.iter().find(|fact| fact["key"] == "release");
    assert!(release.unwrap()["text"].is_string());
}

#[test]
fn a_refusal_is_exit_code_1_with_the_text_of_the_tests() {
    let output = doctor(&["doctor"], Some(Refusal::Namespaces));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_in_order(
        text(&output),
        &[
            "this machine refuses network tests (network namespaces)\n",
            "  refused  network namespaces  failed to make a network for this test: ",
            super::FILTERED,
            "help: ",
            "facts:\n",
        ],
    );
    let report = json(Some(Refusal::Namespaces));
    assert_eq!(
        entry(&report, "checks", "network namespaces")["result"],
        "refused"
    );
    assert_eq!(report["features"].as_array().unwrap().len(), 0);
}

#[test]
fn a_need_of_this_crates_own_that_is_missing_is_exit_code_2() {
    let refusal = Refusal::Unshare {
        flag: libc::CLONE_NEWNS,
    };
    let output = doctor(&["doctor"], Some(refusal));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_in_order(
        text(&output),
        &[
            "this machine can run network tests, but without: names and files\n",
            "\n  missing  names and files     hosts see the machine's host name and files (",
            "\n             help: ",
        ],
    );
    let report = json(Some(refusal));
    assert_eq!(
        entry(&report, "checks", "names and files")["result"],
        "missing"
    );
    assert_eq!(entry(&report, "checks", "veth pairs")["result"], "ok");
}

/// For tests that ask for it, and for no other.
#[test]
fn a_feature_that_is_missing_is_told_and_no_ill() {
    for (errno, result) in [(libc::EAFNOSUPPORT, "missing"), (libc::EMFILE, "unknown")] {
        let refusal = Refusal::Socket {
            family: libc::AF_PACKET,
            errno,
        };
        let report = json(Some(refusal));
        assert_eq!(report["exit_code"], 0, "{report:#}");
        let feature = entry(&report, "features", "packet_sockets");
        assert_eq!(feature["result"], result);
        let call = feature["detail"].as_str().unwrap();
        assert!(call.starts_with("socket(AF_PACKET) with E"), "{call}");
    }
}

#[test]
fn a_wrong_command_line_lists_the_right_ones() {
    for (arguments, words) in [
        (
            &["docter"][..],
            "`docter` is none of doctor, --help, --version",
        ),
        (
            &["netns", "doctor", "--yaml"],
            "`--yaml` is none of --json, --help",
        ),
    ] {
        let output = doctor(arguments, None);
        assert_eq!(output.status.code(), Some(64));
        assert_eq!(output.stdout, b"");
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            text,
            format!("failed to read the command line: {words}\n  help: cargo netns --help\n")
        );
    }
    for arguments in [&["--help"][..], &["netns"], &["doctor", "-h"]] {
        let output = doctor(arguments, None);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output).contains("\nUsage: cargo netns doctor [--json]\n"));
    }
    let version = format!("cargo-netns {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(&doctor(&["--version"], None)), version);
}
