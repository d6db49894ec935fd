//! An explanation that costs nothing until somebody asks for it.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

type Ask = AssertUnwindSafe<Box<dyn Fn() -> Option<String> + Send + Sync>>;

/// Why something failed: found out when it is asked for, and once. Two that are equal may say different things, because networks change.
#[derive(Clone, Default)]
pub(crate) struct Later(Option<Arc<(Ask, OnceLock<Option<String>>)>>);

impl Later {
    pub(crate) fn new(ask: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        let ask: Ask = AssertUnwindSafe(Box::new(ask));
        Self(Some(Arc::new((ask, OnceLock::new()))))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        let (ask, said) = &**self.0.as_ref()?;
        said.get_or_init(|| (ask.0)()).as_deref()
    }

    /// Whether people have it before their eyes already.
    pub(crate) fn was_asked(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.1.get().is_some())
    }
}

impl PartialEq for Later {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Later {}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Later").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn it_is_asked_once_and_not_before_somebody_wants_to_know() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let later = Later::new(move || Some(count.fetch_add(1, Ordering::SeqCst).to_string()));
        let copy = later.clone();
        assert!(!later.was_asked());
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        assert_eq!((later.text(), copy.text()), (Some("0"), Some("0")));
        assert!(copy.was_asked());
        assert_eq!(Later::default().text(), None);
    }
}
