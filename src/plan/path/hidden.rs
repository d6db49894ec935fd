//! What translation of addresses hides: nobody outside can have a route to what is behind it.

use crate::address::Family;
use crate::plan::draft::Draft;

/// Whether a router translates what it sends into this domain, so that nobody there can use it as a gateway.
pub(super) fn hides(draft: &Draft<'_>, router: usize, domain: usize, family: Family) -> bool {
    draft.nodes[router].hides.contains(&(domain, family))
}

/// Whether the node translates at all, as the router of a home does: the world beyond is one default route to it.
pub(super) fn translates(draft: &Draft<'_>, node: usize, family: Family) -> bool {
    let mut hides = draft.nodes[node].hides.iter();
    hides.any(|(_, it)| *it == family)
}
