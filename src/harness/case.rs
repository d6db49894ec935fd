//! One `#[netns_test]` function with its attribute's values.

use std::time::Duration;

use crate::address::Family;
use crate::feature::Feature;
use crate::topology::Topology;

/// What the attribute knows about its function.
#[derive(Clone, Debug)]
pub struct Case {
    /// `module_path!()` and the name of the function that libtest calls.
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
    /// What the machine must have for it.
    pub requires: &'static [Feature],
}

/// One of the tests that the attribute makes of a function.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// `module_path!()` and the name of the test, as in [`Case::name`].
    pub name: &'static str,
    /// The position of its topology among those of the attribute.
    pub topology: usize,
    /// The one family that it is limited to.
    pub only: Option<Family>,
}

impl Variant {
    /// The topology with the families of this variant.
    #[track_caller]
    pub fn limit(&self, topology: Topology) -> Topology {
        match self.only {
            Some(family) => topology.only(family),
            None => topology,
        }
    }
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
