//! What translation of addresses hides: nobody outside can have a route to what is behind it.

use crate::address::Family;
use crate::plan::draft::Draft;

/// Whether a router translates what it sends into this domain, so that nobody there can use it as a gateway.
pub(super) fn hides(_draft: &Draft<'_>, _router: usize, _domain: usize, _family: Family) -> bool {
    false
}

/// Whether the node translates at all, as the router of a home does: the world beyond is one default route to it.
pub(super) fn translates(_draft: &Draft<'_>, _node: usize, _family: Family) -> bool {
    false
}
