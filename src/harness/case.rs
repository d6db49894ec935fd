//! One `#[netns_test]` function with its attribute's values.

use std::time::Duration;

/// What the attribute knows about its function.
#[derive(Clone, Debug)]
pub struct Case {
    /// `module_path!()` and the function's name.
    pub name: &'static str,
    /// Where the function is.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
    /// What `#[should_panic]` says.
    pub should_panic: ShouldPanic,
    /// The host that the body runs in, if not the root.
    pub inside: Option<&'static str>,
    /// A deadline of its own, before scaling.
    pub timeout: Option<Duration>,
}

/// Whether a test is supposed to panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShouldPanic {
    /// It is not.
    No,
    /// It is, whatever the message.
    Yes,
    /// It is, with this in the message.
    Saying(&'static str),
}

impl Case {
    /// The name that libtest knows the test by: without the crate.
    pub(crate) fn test_name(&self) -> &'static str {
        self.name
            .split_once("::")
            .map_or(self.name, |(_, name)| name)
    }
}
