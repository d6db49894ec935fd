//! What became of a body, and whether that is what the test wanted.

use std::io::{self, Write};
use std::ops::Deref;
use std::panic;
use std::process::{ExitCode, Termination};

use crate::error::{Error, TestError};
use crate::harness::case::ShouldPanic;

/// What became of a test's body, in a form that crosses threads and processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returned success.
    Passed,
    /// It returned an error, which has been printed, or an exit code, of which nothing has.
    Failed,
    /// It panicked with this message, which has been printed.
    Panicked(String),
    /// The network could not be made, or something was wrong with it afterwards; the text says what.
    Broken(String),
    /// It returned that this machine lacks what the test needs; nothing has been printed.
    Lacking(String),
}

/// What an outer test function returns when the user's function returns anything: failures unwind.
#[derive(Debug)]
pub struct Outcome;

impl Termination for Outcome {
    fn report(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

/// Looks for the reason in what a body returned. Which method is called depends on the type: that of a type of ours is found first, and that
/// of [`AnyOther`] by dereferencing.
#[derive(Debug)]
pub struct Look<'body, T>(pub &'body T);

impl<T> Look<'_, Result<T, Error>> {
    /// What this machine lacks, if that is the error.
    pub fn lack(&self) -> Option<String> {
        let error = self.0.as_ref().err()?;
        error.is_lack().then(|| error.to_string())
    }
}

impl<T> Look<'_, Result<T, TestError>> {
    /// What this machine lacks, if that is the error.
    pub fn lack(&self) -> Option<String> {
        let error = self.0.as_ref().err()?;
        error.is_lack().then(|| format!("{error:?}"))
    }
}

/// What is no error of ours.
#[derive(Debug)]
pub struct AnyOther;

impl<T> Deref for Look<'_, T> {
    type Target = AnyOther;

    fn deref(&self) -> &AnyOther {
        &AnyOther
    }
}

impl AnyOther {
    /// Nothing is known to be lacking.
    pub fn lack(&self) -> Option<String> {
        None
    }
}

/// Reduces what a body returned, on the thread that made it: it need not be `Send`.
pub fn outcome<T: Termination>(value: T, lack: impl FnOnce(&T) -> Option<String>) -> Ending {
    flush();
    if let Some(text) = lack(&value) {
        return Ending::Lacking(text);
    }
    if value.report() == ExitCode::SUCCESS {
        Ending::Passed
    } else {
        Ending::Failed
    }
}

/// Writes out the line that the body began and did not end: the error and the report come after it.
pub(crate) fn flush() {
    // A standard output that is closed has no reader who could miss it.
    drop(io::stdout().flush());
}

/// Why a test failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The text is printed already.
    Told(String),
    /// The text is new to the reader.
    New(String),
}

/// Whether the ending is what the test wanted.
pub(crate) fn judge(should_panic: ShouldPanic, ending: &Ending) -> Result<(), Failure> {
    match (should_panic, ending) {
        (ShouldPanic::No, Ending::Passed) | (ShouldPanic::Yes, Ending::Panicked(_)) => Ok(()),
        (ShouldPanic::Saying(expected), Ending::Panicked(message))
            if message.contains(expected) =>
        {
            Ok(())
        }
        (ShouldPanic::Saying(expected), Ending::Panicked(message)) => Err(Failure::New(format!(
            "the test panicked with another message than expected\n  panicked with: `{message}`\n  expected part: `{expected}`"
        ))),
        (_, Ending::Broken(text) | Ending::Lacking(text)) => Err(Failure::New(text.clone())),
        (ShouldPanic::No, Ending::Panicked(message)) => Err(Failure::Told(message.clone())),
        (ShouldPanic::No, Ending::Failed) => {
            Err(Failure::New("the test returned a failure".to_owned()))
        }
        (_, Ending::Passed | Ending::Failed) => Err(Failure::New(
            "the test did not panic as expected".to_owned(),
        )),
    }
}

/// Fails the calling test with a text that nobody has seen yet.
#[expect(
    clippy::print_stderr,
    reason = "this is how a test's output reaches libtest's capture"
)]
pub(crate) fn fail(text: &str) -> ! {
    eprintln!("{text}");
    panic::resume_unwind(Box::new(text.to_owned()))
}

/// Fails the calling test.
pub(crate) fn fail_with(failure: Failure) -> ! {
    match failure {
        Failure::New(text) => fail(&text),
        // Unwinding without the hook: the body's panic has printed its message and location.
        Failure::Told(text) => panic::resume_unwind(Box::new(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Kind, TestResult};

    #[test]
    fn results_and_exit_codes_are_reduced() {
        assert_eq!(outcome((), |it| Look(it).lack()), Ending::Passed);
        let passed = Ok::<(), String>(());
        assert_eq!(outcome(passed, |it| Look(it).lack()), Ending::Passed);
        let failed = Err::<(), String>("broken".to_owned());
        assert_eq!(outcome(failed, |it| Look(it).lack()), Ending::Failed);
        let failed = ExitCode::from(3);
        assert_eq!(outcome(failed, |it| Look(it).lack()), Ending::Failed);
    }

    #[test]
    fn what_the_machine_lacks_is_told_from_other_errors() {
        let error = |kind| Error::new(kind, "find program `p`", "there is no such program");
        let text = "failed to find program `p`: there is no such program";
        let result: Result<(), Error> = Err(error(Kind::Unsupported));
        let ending = outcome(result, |it| Look(it).lack());
        assert_eq!(ending, Ending::Lacking(text.to_owned()));
        let result: TestResult = Err(error(Kind::Refused).into());
        let ending = outcome(result, |it| Look(it).lack());
        assert!(matches!(ending, Ending::Lacking(told) if told.starts_with(text)));
        let result: TestResult = Err(error(Kind::TimedOut).into());
        assert_eq!(outcome(result, |it| Look(it).lack()), Ending::Failed);
    }

    #[test]
    fn only_a_panic_of_the_body_satisfies_should_panic() {
        let panicked = Ending::Panicked("no route to host".to_owned());
        let broken = Ending::Broken("failed to make a network".to_owned());
        let lacking = Ending::Lacking("failed to find program `p`".to_owned());
        assert_eq!(judge(ShouldPanic::Yes, &panicked), Ok(()));
        assert_eq!(judge(ShouldPanic::Saying("no route"), &panicked), Ok(()));
        assert!(
            matches!(judge(ShouldPanic::Saying("refused"), &panicked), Err(Failure::New(text)) if text.contains("`refused`"))
        );
        for ending in [Ending::Passed, Ending::Failed, broken.clone(), lacking] {
            assert!(judge(ShouldPanic::Yes, &ending).is_err());
        }
        assert_eq!(
            judge(ShouldPanic::No, &broken),
            Err(Failure::New("failed to make a network".to_owned()))
        );
        assert_eq!(
            judge(ShouldPanic::No, &Ending::Failed),
            Err(Failure::New("the test returned a failure".to_owned()))
        );
        assert_eq!(
            judge(ShouldPanic::No, &panicked),
            Err(Failure::Told("no route to host".to_owned()))
        );
    }
}
