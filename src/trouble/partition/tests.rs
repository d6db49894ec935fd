//! What holds for grudges of any number of nodes.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn nodes(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("n{number}")).collect()
}

/// Whom a node hears, itself included.
fn heard<'a>(grudge: &Grudge, nodes: &'a [String], hearer: &str) -> BTreeSet<&'a str> {
    let heard = nodes.iter().filter(|it| grudge.hears(hearer, it));
    heard.map(String::as_str).collect()
}

proptest! {
    #[test]
    fn in_a_ring_every_node_hears_a_majority_and_no_two_the_same(count in 3..60_usize) {
        let nodes = nodes(count);
        let ring = Grudge::majorities_ring(&nodes);
        let mut seen = BTreeSet::new();
        for hearer in &nodes {
            let heard = heard(&ring, &nodes, hearer);
            prop_assert!(heard.contains(hearer.as_str()));
            prop_assert!(2 * heard.len() > count, "{hearer} hears {heard:?}");
            prop_assert!(heard.len() < count);
            prop_assert!(seen.insert(heard), "{hearer} hears what another hears");
        }
        prop_assert_eq!(ring.is_symmetric(), count > 3);
    }

    #[test]
    fn two_sides_are_whole_and_one_way_is_half_of_that(count in 2..30_usize, cut in 1..29_usize) {
        let nodes = nodes(count);
        let (one, other) = nodes.split_at(cut.min(count - 1));
        let (whole, way) = (Grudge::between(one, other), Grudge::one_way(one, other));
        prop_assert!(whole.is_symmetric());
        prop_assert!(!way.is_symmetric());
        for hearer in &nodes {
            for speaker in &nodes {
                let same_side = one.contains(hearer) == one.contains(speaker);
                prop_assert_eq!(whole.hears(hearer, speaker), same_side);
                prop_assert_eq!(way.hears(hearer, speaker), same_side || one.contains(hearer));
            }
        }
        prop_assert_eq!(whole.pairs().count(), 2 * way.pairs().count());
        prop_assert_eq!(way.clone().and(Grudge::one_way(other, one)), whole);
    }

    #[test]
    fn halves_are_two_and_nearly_alike(count in 2..40_usize, seed: u64) {
        let nodes = nodes(count);
        for grudge in [Grudge::halves(&nodes), Grudge::random_halves(&nodes, seed)] {
            let sides: BTreeSet<_> = nodes.iter().map(|it| heard(&grudge, &nodes, it)).collect();
            let mut sizes: Vec<usize> = sides.iter().map(BTreeSet::len).collect();
            sizes.sort_unstable();
            prop_assert_eq!(sizes, [count / 2, count - count / 2]);
            prop_assert!(grudge.is_symmetric());
        }
        prop_assert_eq!(Grudge::random_halves(&nodes, seed), Grudge::random_halves(&nodes, seed));
    }

    #[test]
    fn the_bridge_hears_all_and_nobody_else_does(count in 3..40_usize, bridge in 0..40_usize) {
        let nodes = nodes(count);
        let bridge = &nodes[bridge % count];
        let grudge = Grudge::bridge(&nodes, bridge);
        for hearer in &nodes {
            let heard = heard(&grudge, &nodes, hearer);
            prop_assert!(heard.contains(bridge.as_str()));
            prop_assert_eq!(heard.len() == count, hearer == bridge);
        }
    }
}

/// Whoever repeats a run by its seed in another version wants the same halves.
#[test]
fn the_order_of_a_seed_is_for_ever() {
    let mut five = nodes(5);
    shuffle(&mut five, 7);
    assert_eq!(five, ["n4", "n1", "n3", "n0", "n2"]);
    let different: BTreeSet<String> = (0..100)
        .map(|seed| Grudge::random_halves(nodes(5), seed).to_string())
        .collect();
    // All ways to choose two of five.
    assert_eq!(different.len(), 10);
}

#[test]
fn too_few_nodes_have_nobody_to_be_kept_from() {
    for count in 0..2 {
        assert!(Grudge::halves(nodes(count)).is_empty());
        assert!(Grudge::majorities_ring(nodes(count + 1)).is_empty());
    }
    assert!(Grudge::between(["a"], [] as [&str; 0]).is_empty());
    assert!(Grudge::bridge(["a", "b"], "a").is_empty());
    assert_eq!(Grudge::new().to_string(), "everybody hears everybody");
}
