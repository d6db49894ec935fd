//! Who does not hear whom: a value, which knows no network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::chance::{GAMMA, scattered};

/// Who does not hear whom: what a [`Network`](crate::Network) is given to [keep nodes apart](crate::Network::apply_grudge).
///
/// It is about names; nobody is asked whether there are such nodes before it is applied. The names of its makers are those of
/// [Jepsen](https://jepsen-io.github.io/jepsen/jepsen.nemesis.html), which tests databases with partitions like these.
///
/// # Examples
///
/// ```
/// use netns_test::{Grudge, Topology};
///
/// // b hears a, but not the other way round; and c is alone.
/// let grudge = Grudge::one_way(["b"], ["a"]).and(Grudge::between(["c"], ["a", "b"]));
/// assert!(grudge.hears("b", "a") && !grudge.hears("a", "b"));
/// assert_eq!(grudge.to_string(), "a does not hear b, c; b does not hear c; c does not hear a, b");
///
/// # netns_test::run(&Topology::lan(["a", "b", "c"]), |net| {
/// let trouble = net.apply_grudge(&grudge).unwrap();
/// assert_eq!(net.host("a").ping("c").unwrap().received(), 0);
/// trouble.heal().unwrap();
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "partition")]
pub struct Grudge {
    /// Each hearer, and whom it does not hear.
    unheard: BTreeMap<String, BTreeSet<String>>,
}

impl Grudge {
    /// Everybody hears everybody.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// assert!(Grudge::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Two sides that do not hear each other.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// let split = Grudge::between(["a", "b"], ["c"]);
    /// assert!(split.is_symmetric() && !split.hears("a", "c"));
    /// ```
    pub fn between<A: AsRef<str>, B: AsRef<str>>(
        one: impl IntoIterator<Item = A>,
        other: impl IntoIterator<Item = B>,
    ) -> Self {
        let (one, other) = (names(one), names(other));
        Self::one_way(&one, &other).and(Self::one_way(&other, &one))
    }

    /// Nobody of `to` hears anybody of `from` any more; the other way is as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// let deaf = Grudge::one_way(["a"], ["b"]);
    /// assert!(!deaf.hears("b", "a") && deaf.hears("a", "b"));
    /// ```
    pub fn one_way<A: AsRef<str>, B: AsRef<str>>(
        from: impl IntoIterator<Item = A>,
        to: impl IntoIterator<Item = B>,
    ) -> Self {
        let from: BTreeSet<String> = names(from).into_iter().collect();
        let mut grudge = Self::new();
        if !from.is_empty() {
            let to = names(to).into_iter();
            grudge.unheard = to.map(|hearer| (hearer, from.clone())).collect();
        }
        grudge
    }

    /// The first half against the others, who are one more if the number is odd: the first half is a minority then.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// let grudge = Grudge::halves(["a", "b", "c", "d", "e"]);
    /// assert_eq!(grudge, Grudge::between(["a", "b"], ["c", "d", "e"]));
    /// ```
    #[doc(alias = "bisect")]
    pub fn halves<A: AsRef<str>>(nodes: impl IntoIterator<Item = A>) -> Self {
        let nodes = names(nodes);
        let (first, second) = nodes.split_at(nodes.len() / 2);
        Self::between(first, second)
    }

    /// [`halves`](Self::halves) of the nodes in an order that follows from the seed: the same for the same seed.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// let nodes = ["a", "b", "c", "d"];
    /// assert_eq!(Grudge::random_halves(nodes, 7), Grudge::random_halves(nodes, 7));
    /// ```
    pub fn random_halves<A: AsRef<str>>(nodes: impl IntoIterator<Item = A>, seed: u64) -> Self {
        let mut nodes = names(nodes);
        shuffle(&mut nodes, seed);
        Self::halves(nodes)
    }

    /// Two halves that hear only one node in common, the bridge, which hears both.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// let grudge = Grudge::bridge(["a", "b", "c", "d", "e"], "c");
    /// assert_eq!(grudge, Grudge::between(["a", "b"], ["d", "e"]));
    /// ```
    pub fn bridge<A: AsRef<str>>(nodes: impl IntoIterator<Item = A>, bridge: &str) -> Self {
        let others = names(nodes).into_iter().filter(|name| name != bridge);
        Self::halves(others)
    }

    /// Every node hears a majority, itself included, and no two hear the same.
    ///
    /// Each hears its neighbours in the ring of the nodes, as many as it takes on both sides: so whom one hears, that one hears it. Of
    /// three nodes each hears the next one only, because with one neighbour on each side it would hear all. Fewer have no two majorities.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// let ring = Grudge::majorities_ring(["a", "b", "c", "d", "e"]);
    /// assert!(ring.hears("a", "e") && ring.hears("a", "b"));
    /// assert!(!ring.hears("a", "c") && !ring.hears("a", "d"));
    /// ```
    pub fn majorities_ring<A: AsRef<str>>(nodes: impl IntoIterator<Item = A>) -> Self {
        let nodes = names(nodes);
        let count = nodes.len();
        // Without itself.
        let wanted = count / 2;
        let (before, after) = match count {
            0..=2 => return Self::new(),
            3 => (0, 1),
            _ => (wanted.div_ceil(2), wanted.div_ceil(2)),
        };
        let mut grudge = Self::new();
        for (position, hearer) in nodes.iter().enumerate() {
            let beyond = (after + 1)..(count - before);
            let unheard = beyond.map(|step| nodes[(position + step) % count].clone());
            grudge.unheard.insert(hearer.clone(), unheard.collect());
        }
        grudge
    }

    /// Both grudges at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// let both = Grudge::one_way(["a"], ["b"]).and(Grudge::one_way(["b"], ["a"]));
    /// assert_eq!(both, Grudge::between(["a"], ["b"]));
    /// ```
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (hearer, unheard) in other.unheard {
            self.unheard.entry(hearer).or_default().extend(unheard);
        }
        self
    }

    /// Whether packets of the speaker come to the hearer.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// assert!(Grudge::new().hears("a", "b"));
    /// ```
    pub fn hears(&self, hearer: &str, speaker: &str) -> bool {
        let unheard = self.unheard.get(hearer);
        !unheard.is_some_and(|unheard| unheard.contains(speaker))
    }

    /// Each hearer with whom it does not hear, in the order of their names.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// let deaf = Grudge::one_way(["a"], ["b"]);
    /// assert_eq!(deaf.pairs().collect::<Vec<_>>(), [("b", "a")]);
    /// ```
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.unheard.iter().flat_map(|(hearer, unheard)| {
            let speakers = unheard.iter();
            speakers.map(move |speaker| (hearer.as_str(), speaker.as_str()))
        })
    }

    /// Whether nobody hears somebody by whom it is not heard.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// assert!(!Grudge::one_way(["a"], ["b"]).is_symmetric());
    /// ```
    pub fn is_symmetric(&self) -> bool {
        self.pairs()
            .all(|(hearer, speaker)| !self.hears(speaker, hearer))
    }

    /// Whether everybody hears everybody.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Grudge;
    ///
    /// assert!(!Grudge::between(["a"], ["b"]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.unheard.is_empty()
    }
}

impl fmt::Display for Grudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("everybody hears everybody");
        }
        for (position, (hearer, unheard)) in self.unheard.iter().enumerate() {
            let separator = if position > 0 { "; " } else { "" };
            let unheard: Vec<&str> = unheard.iter().map(String::as_str).collect();
            write!(
                f,
                "{separator}{hearer} does not hear {}",
                unheard.join(", ")
            )?;
        }
        Ok(())
    }
}

/// Each once, in the order in which they come.
pub(in crate::trouble) fn names<A: AsRef<str>>(names: impl IntoIterator<Item = A>) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        let name = name.as_ref().to_owned();
        if seen.insert(name.clone()) {
            known.push(name);
        }
    }
    known
}

/// Fisher and Yates, on numbers by splitmix64: the same on every machine and in every version.
pub(super) fn shuffle(nodes: &mut [String], seed: u64) {
    let mut state = seed;
    for last in (1..nodes.len()).rev() {
        let number = scattered(state);
        state = state.wrapping_add(GAMMA);
        nodes.swap(last, (number % (last as u64 + 1)) as usize);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
