//! How a run that failed is repeated.

use crate::live::Parts;

/// The seed, if anything was left to chance.
pub(super) fn render(parts: &Parts, test: &str) -> String {
    parts.seed.told().map_or_else(String::new, |seed| {
        format!("seed: {seed} (`NETNS_TEST_SEED={seed} cargo test {test}` repeats what was left to chance)\n")
    })
}
