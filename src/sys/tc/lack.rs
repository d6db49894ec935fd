//! What a kernel lacks, and what to do without it.

use crate::diagnosis::{self, Ground};
use crate::error::Error;
use crate::feature::Feature;
use crate::sys::netlink::Refusal;
use crate::sys::{facts, features};

/// What needs nothing of the kernel's traffic control.
pub(super) const WIRE: &str = "this crate's own backend needs none of it: `Topology::backend(Backend::Wire)`, or leave the choice to \
                               `Backend::Automatic`";

/// Whether the kernel has no such thing. Any other number is about the request, or the moment: the port is gone, memory is short.
pub(super) fn is_lack(refusal: &Refusal) -> bool {
    matches!(refusal.errno, libc::ENOENT | libc::EOPNOTSUPP)
}

/// A refused request of a feature's: if the kernel has no such thing, the error that says what provides it.
pub(super) fn failure(feature: Feature, call: &str, refusal: Refusal) -> Error {
    if !is_lack(&refusal) {
        return refusal.during(&format!("add `{feature}`"));
    }
    let ground = Ground {
        facts: facts::gather(),
        loads_modules: features::loads_modules(),
    };
    let failed = (feature, features::refused(call, refusal));
    diagnosis::lack_error(&[failed], &ground).help(WIRE)
}
