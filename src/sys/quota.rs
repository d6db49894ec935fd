//! What counts outside of the user namespace that this process enters: there the same files show other values.
//!
//! Noted before `main`, so system calls only, without allocating.

use std::ffi::CStr;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{plain, userns};
use crate::diagnosis::Namespace;

const UNKNOWN: i64 = -1;

/// The limits of namespaces, by kind.
static LIMITS: [AtomicI64; Namespace::ALL.len()] =
    [const { AtomicI64::new(UNKNOWN) }; Namespace::ALL.len()];
/// Whether even outside was a user namespace within another: 0 or 1.
static NESTED: AtomicI64 = AtomicI64::new(UNKNOWN);

/// Takes down what is about to be hidden.
pub(crate) fn note() {
    for namespace in Namespace::ALL {
        if let Some(limit) = plain::read_number(path(namespace)) {
            LIMITS[namespace as usize].store(limit.into(), Ordering::Release);
        }
    }
    if let Some(nested) = userns::is_nested() {
        NESTED.store(nested.into(), Ordering::Release);
    }
}

/// The limit outside, if it was noted.
pub(crate) fn limit(namespace: Namespace) -> Option<u64> {
    u64::try_from(LIMITS[namespace as usize].load(Ordering::Acquire)).ok()
}

/// Whether this process was in a user namespace within another before it entered one, if that was noted.
pub(crate) fn was_nested() -> Option<bool> {
    match NESTED.load(Ordering::Acquire) {
        UNKNOWN => None,
        nested => Some(nested == 1),
    }
}

/// The file with the limit of the user namespace that reads it.
fn path(namespace: Namespace) -> &'static CStr {
    match namespace {
        Namespace::User => c"/proc/sys/user/max_user_namespaces",
        Namespace::Network => c"/proc/sys/user/max_net_namespaces",
        Namespace::Pid => c"/proc/sys/user/max_pid_namespaces",
        Namespace::Mount => c"/proc/sys/user/max_mnt_namespaces",
        Namespace::Uts => c"/proc/sys/user/max_uts_namespaces",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_read_from_its_own_file() {
        for namespace in Namespace::ALL {
            let file = namespace.limit().replace('.', "/");
            assert_eq!(
                path(namespace).to_str().unwrap(),
                format!("/proc/sys/{file}")
            );
        }
    }
}
