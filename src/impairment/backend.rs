//! Who makes packets suffer.

use std::fmt;

/// What makes packets suffer.
///
/// Both backends follow the same model, that of [`Impairment`](crate::Impairment). The kernel is faster; this crate's own wire works on kernels without
/// [netem](https://man7.org/linux/man-pages/man8/tc-netem.8.html), repeats the same fates for the same seed, and sees single packets.
///
/// # Examples
///
/// ```
/// use netns_test::Backend;
///
/// assert_eq!(Backend::default(), Backend::Automatic);
/// assert_eq!(Backend::Wire.to_string(), "wire");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// The kernel where it can, this crate where the kernel cannot.
    #[default]
    Automatic,
    /// The kernel's netem and tbf.
    Kernel,
    /// This crate's own thread, which sees each packet.
    Wire,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Automatic => "automatic",
            Self::Kernel => "kernel",
            Self::Wire => "wire",
        })
    }
}
