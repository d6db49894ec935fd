//! How far an address or a route is valid.

use std::fmt;

/// How far an address or a route is valid.
///
/// # Examples
///
/// ```
/// use netns_test::Scope;
///
/// assert_eq!(Scope::Global.to_string(), "global");
/// assert_eq!(Scope::Link.to_string(), "link");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Everywhere.
    #[default]
    Global,
    /// In this site; deprecated.
    Site,
    /// On this link only.
    Link,
    /// Inside this host only.
    Host,
    /// Nowhere: the destination does not exist.
    Nowhere,
    /// A number that has no name.
    Other(u8),
}

impl Scope {
    /// From the kernel's number.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Global,
            200 => Self::Site,
            253 => Self::Link,
            254 => Self::Host,
            255 => Self::Nowhere,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Global => "global",
            Self::Site => "site",
            Self::Link => "link",
            Self::Host => "host",
            Self::Nowhere => "nowhere",
            Self::Other(number) => return write!(f, "{number}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_have_names_or_numbers() {
        let texts: Vec<_> = [0, 200, 253, 254, 255, 7]
            .map(|number| Scope::from_number(number).to_string())
            .into();
        assert_eq!(texts, ["global", "site", "link", "host", "nowhere", "7"]);
    }
}
