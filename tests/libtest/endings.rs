//! Bodies that end their process: one failed test each, told in words, whose neighbours pass.

use crate::run::run;
use crate::subjects::Package;

#[test]
fn each_is_one_failed_test_in_words() {
    let endings = [
        (
            "endings::aborts",
            "its process was killed by SIGABRT before the test had ended",
        ),
        (
            "endings::exits_with_0",
            "its process exited with code 0 before the test had ended",
        ),
        (
            "endings::exits_with_3",
            "its process exited with code 3 before the test had ended",
        ),
        (
            "endings::is_killed",
            "its process was killed by SIGKILL before the test had ended",
        ),
        (
            "endings::overflows_its_stack",
            "its process was killed by SIGABRT before the test had ended",
        ),
        (
            "endings::segfaults",
            "its process was killed by SIGSEGV before the test had ended",
        ),
        (
            "panics::fails_by_an_abort",
            "its process was killed by SIGABRT before the test had ended",
        ),
        (
            "panics::fails_by_an_exit",
            "its process exited with code 101 before the test had ended",
        ),
    ];
    let mut arguments = vec!["--exact", "endings::passes_beside_them"];
    arguments.extend(endings.map(|(name, _)| name));
    let run = run(Package::Downstream, &arguments);
    run.assert_failed(&endings.map(|(name, _)| name));
    assert_eq!(run.names("ok"), ["endings::passes_beside_them"]);
    for (name, words) in endings {
        let section = run.failure(name);
        assert!(
            section.contains(&format!("failed to finish test `{name}`: {words}")),
            "{section}"
        );
    }
    let overflow = run.failure("endings::overflows_its_stack");
    assert!(
        overflow.contains("thread 'endings::overflows_its_stack'"),
        "{overflow}"
    );
    assert!(overflow.contains("has overflowed its stack"), "{overflow}");
}

/// A sanitizer or a broken destructor speaks up when the process exits: a test that passed before has not passed.
#[test]
fn a_process_that_fails_after_its_test_fails_the_test() {
    let names = [
        "endings::aborts_after_the_test",
        "endings::passes_beside_them",
    ];
    let run = run(Package::Downstream, &["--exact", names[0], names[1]]);
    run.assert_failed(&names[..1]);
    let section = run.failure(names[0]);
    let words = "its process was killed by SIGABRT after the test had passed";
    assert!(section.contains(words), "{section}");
}
