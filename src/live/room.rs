//! Making namespaces where the kernel limits their number.
//!
//! A namespace that has ended counts until the kernel has released it: a tenth of a second later, or many on a machine that is busy
//! with it. And the limit is one for all of the user's tests, which end one after the other. So a full count is waited for.

use std::io;

use crate::diagnosis::Step;
use crate::entry;
use crate::errno;
use crate::error::Result;
use crate::settings;
use crate::sys::facts;
use crate::wait;

/// Makes a namespace, or says why not.
pub(crate) fn namespace(step: Step, mut make: impl FnMut() -> io::Result<()>) -> Result<()> {
    let mut made = make();
    if may_be_released(step, &made) {
        wait::until(settings::namespace_released_within(), || {
            made = make();
            !is_full(&made)
        });
    }
    made.map_err(|cause| entry::refused(step, &cause))
}

/// Where none is allowed at all, none is going to be released.
fn may_be_released(step: Step, made: &io::Result<()>) -> bool {
    is_full(made) && step.namespace().and_then(facts::limit) != Some(0)
}

/// The kernel's word for it is that of a full disk.
fn is_full(made: &io::Result<()>) -> bool {
    let errno = made.as_ref().err().and_then(io::Error::raw_os_error);
    errno == Some(errno::ENOSPC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(errno: i32) -> io::Result<()> {
        Err(io::Error::from_raw_os_error(errno))
    }

    #[test]
    fn a_namespace_that_is_released_meanwhile_is_given() {
        let mut tries = 0;
        let made = namespace(Step::NetworkNamespace, || {
            tries += 1;
            if tries < 5 {
                refused(errno::ENOSPC)
            } else {
                Ok(())
            }
        });
        made.unwrap();
        assert_eq!(tries, 5);
    }

    #[test]
    fn what_is_no_limit_is_told_at_once() {
        let mut tries = 0;
        let error = namespace(Step::NetworkNamespace, || {
            tries += 1;
            refused(errno::EPERM)
        });
        assert!(error.unwrap_err().is_refused());
        assert_eq!(tries, 1);
    }
}
