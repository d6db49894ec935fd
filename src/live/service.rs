//! The threads of this crate's own that serve in nodes: name servers, advertisers.

use std::fmt;
use std::sync::{Arc, Mutex, Weak};

use crate::live::lock;

/// Something that serves in a node until it is told to end.
pub(crate) trait Service: Send + Sync {
    /// Ends it, and returns when its thread has ended. The second time there is nothing to do.
    fn end(&self);
}

/// What serves in a network, each with its node.
#[derive(Default)]
pub(crate) struct Services(Mutex<Vec<(usize, Held)>>);

enum Held {
    /// The topology asked for it.
    Ours(Arc<dyn Service>),
    /// A test holds it, and may drop it at any time.
    #[cfg_attr(
        not(feature = "dns"),
        expect(dead_code, reason = "tests hold name servers")
    )]
    Theirs(Weak<dyn Service>),
}

impl Services {
    /// Keeps one for as long as its node is up.
    pub(crate) fn keep(&self, node: usize, service: Arc<dyn Service>) {
        lock(&self.0).push((node, Held::Ours(service)));
    }

    /// Remembers one that somebody else keeps.
    #[cfg(feature = "dns")]
    pub(crate) fn know(&self, node: usize, service: Weak<dyn Service>) {
        let mut all = lock(&self.0);
        all.retain(|(_, held)| !matches!(held, Held::Theirs(it) if it.strong_count() == 0));
        all.push((node, Held::Theirs(service)));
    }

    /// Ends what serves in a node, whoever asked for it.
    pub(crate) fn end_in(&self, node: usize) {
        let all = std::mem::take(&mut *lock(&self.0));
        let (ending, staying): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(place, _)| *place == node);
        lock(&self.0).extend(staying);
        for (_, held) in ending {
            match held {
                Held::Ours(service) => service.end(),
                Held::Theirs(service) => drop(service.upgrade().map(|it| it.end())),
            }
        }
    }

    /// Ends what the topology asked for.
    pub(crate) fn end_ours(&self) {
        let ending = std::mem::take(&mut *lock(&self.0));
        for (_, held) in ending {
            if let Held::Ours(service) = held {
                service.end();
            }
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}
