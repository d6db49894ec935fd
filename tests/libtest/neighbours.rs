//! Ordinary tests in the same program, who a test is, and tests that meet each other.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;

use crate::run::run;
use crate::subjects::{Package, Run, Scratch, prepare};

#[test]
fn ordinary_tests_keep_the_machines_network_and_identity() {
    let run = run(Package::Downstream, &["ordinary::"]);
    run.assert_failed(&["ordinary::fails_as_ever"]);
    assert_eq!(
        run.names("ok"),
        [
            "ordinary::keeps_its_identity",
            "ordinary::keeps_its_loopback",
            "ordinary::keeps_its_namespaces",
            "ordinary::panics_as_ever"
        ]
    );
    let section = run.failure("ordinary::fails_as_ever");
    assert!(
        section.contains("an ordinary failure") && !section.contains("the network as it was"),
        "{section}"
    );
}

#[test]
fn ordinary_tests_do_so_in_the_main_thread_too() {
    let run = run(
        Package::Downstream,
        &["ordinary::keeps", "--test-threads=1"],
    );
    run.assert_passed();
    assert_eq!(run.names("ok").len(), 3);
}

#[test]
fn a_test_is_the_user_who_started_it() {
    let run = run(Package::Downstream, &["identity::"]);
    run.assert_passed();
    assert_eq!(
        run.names("ok"),
        [
            "identity::hands_no_descriptors_to_programs",
            "identity::has_no_rights_over_files_that_it_had_not",
            "identity::is_elsewhere",
            "identity::is_the_same_user",
            "identity::leaves_no_mark",
            "identity::may_change_its_process",
            "identity::may_run_a_test_program",
            "identity::owns_what_it_makes_at_home",
        ]
    );
}

/// Each of the sixteen says that it is there, and is told to go on when the last has said so.
#[test]
fn sixteen_tests_hold_the_same_port_at_the_same_time() {
    let scratch = Scratch::new();
    let place = scratch.path().join("meeting");
    let meeting = UnixListener::bind(&place).unwrap();
    // This thread ends with the process if not all of them come; then they fail by their deadline.
    thread::spawn(move || {
        let guests: Vec<_> = (0..16)
            .map(|_| {
                let (mut guest, _) = meeting.accept().unwrap();
                let mut word = [0; 4];
                guest.read_exact(&mut word).unwrap();
                guest
            })
            .collect();
        for mut guest in guests {
            guest.write_all(b"go").unwrap();
        }
    });
    let mut command = Command::new(Package::Downstream.program());
    command.args(["parallel::", "--test-threads=16"]);
    prepare(&mut command, &scratch);
    let run = Run::of(&command.env("DOWNSTREAM_MEETING", &place).output().unwrap());
    run.assert_passed();
    assert_eq!(run.names("ok").len(), 16);
}
