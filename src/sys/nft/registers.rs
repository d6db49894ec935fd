//! The registers in which expressions hand values to one another.

/// A register by the number of the 32-bit word at which it begins.
///
/// The kernel has sixteen words, and two ways to name them: four registers of 16 bytes, and the words. It reports those that begin
/// with one of the four as that one, whatever they were called when they were sent.
pub(super) fn at(word: u32) -> u32 {
    const FIRST_OF_FOUR: u32 = 1;
    const FIRST_WORD: u32 = 8;
    if word % 4 == 0 {
        FIRST_OF_FOUR + word / 4
    } else {
        FIRST_WORD + word
    }
}

/// The words that a value fills.
pub(super) fn words(bytes: u32) -> u32 {
    bytes.div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_have_the_names_that_the_kernel_reports() {
        assert_eq!([0, 1, 3, 4, 5, 8].map(at), [1, 9, 11, 2, 13, 3]);
        assert_eq!([1, 2, 4, 16].map(words), [1, 1, 1, 4]);
    }
}
