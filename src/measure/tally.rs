//! What became of numbered datagrams, from the numbers that arrive.

/// Which numbers came, how often and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    arrived: Vec<bool>,
    /// One more than the largest number that came.
    next: usize,
    pub(super) distinct: u64,
    /// Those that had come before.
    pub(super) duplicates: u64,
    /// Those that came for the first time, after one that was sent later: reordered as RFC 4737 has it.
    pub(super) overtaken: u64,
}

impl Tally {
    pub(super) fn new(sent: usize) -> Self {
        Self {
            arrived: vec![false; sent],
            ..Self::default()
        }
    }

    /// A number came. One that was never sent says nothing.
    pub(super) fn add(&mut self, number: usize) {
        match self.arrived.get_mut(number) {
            None => {}
            Some(true) => self.duplicates += 1,
            Some(before) => {
                *before = true;
                self.distinct += 1;
                if number < self.next {
                    self.overtaken += 1;
                }
                self.next = self.next.max(number + 1);
            }
        }
    }

    /// One more than the largest number that came: what was sent before is under way no more, or late.
    pub(super) fn next(&self) -> usize {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_copies_and_late_ones_are_told_apart() {
        let mut tally = Tally::new(6);
        // 1 is late, 3 comes twice, 4 never; 9 is somebody else's.
        for number in [0, 2, 1, 3, 3, 5, 9] {
            tally.add(number);
        }
        let Tally {
            distinct,
            duplicates,
            overtaken,
            ..
        } = tally;
        assert_eq!((distinct, duplicates, overtaken), (5, 1, 1));
        assert_eq!(tally.next(), 6);
    }

    #[test]
    fn a_late_copy_is_a_copy() {
        let mut tally = Tally::new(3);
        for number in [0, 1, 2, 0] {
            tally.add(number);
        }
        assert_eq!((tally.duplicates, tally.overtaken), (1, 0));
    }
}
