//! Kinds of translation, by the words of RFC 4787 and by the names that people use.

/// On what of a packet's other end something depends, in the words of [RFC 4787](https://www.rfc-editor.org/rfc/rfc4787).
///
/// # Examples
///
/// ```
/// use netns_test::{NatBehaviour, NatKind};
///
/// assert_eq!(NatKind::RestrictedCone.filtering(), NatBehaviour::AddressDependent);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NatBehaviour {
    /// On nothing. A mapping serves all others; anybody's packets to it come in.
    EndpointIndependent,
    /// On its address. Each address outside sees another mapping; packets come in from addresses that were sent to.
    AddressDependent,
    /// On its address and port. Each socket outside sees another mapping; packets come in from sockets that were sent to.
    AddressAndPortDependent,
}

/// The usual names for ways to translate.
///
/// | Name | Mapping depends on | Filtering depends on | Made of |
/// |---|---|---|---|
/// | full cone | nothing | nothing | maps from sockets inside to ports outside and back |
/// | restricted cone | nothing | address | the maps, and a set of whom each port has sent to |
/// | port-restricted cone | nothing | address and port | the maps, and the kernel's tracking of connections |
/// | symmetric | address and port | address and port | `masquerade fully-random` |
///
/// All [nine combinations](NatBehaviour) can be asked for by [`mapping`](crate::NatSpec::mapping) and [`filtering`](crate::NatSpec::filtering).
/// The mapping by address is one by maps as well; a port that is not the socket's own follows from a hash of what it depends on, so that it
/// is the same in each run.
///
/// A router that was told no kind is close to a port-restricted cone, and differs in two things: two sockets inside may share a port outside
/// as long as they talk to different others, and an unexpected packet from outside takes the router itself for its target, so that a
/// later one to where it came from is given another port.
///
/// # Examples
///
/// ```
/// use netns_test::{NatBehaviour, NatKind};
///
/// assert_eq!(NatKind::Symmetric.mapping(), NatBehaviour::AddressAndPortDependent);
/// assert_eq!(NatKind::Symmetric.to_string(), "symmetric");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NatKind {
    /// Anybody reaches a socket inside by its port outside.
    FullCone,
    /// Those reach it whose address it has sent to.
    RestrictedCone,
    /// Those reach it whose address and port it has sent to: the home router that Linux makes.
    PortRestrictedCone,
    /// It has another port outside for everybody that it sends to, and nobody else reaches it there.
    Symmetric,
}

impl NatKind {
    /// All of them, from the most open to the strictest.
    pub const ALL: [Self; 4] = [
        Self::FullCone,
        Self::RestrictedCone,
        Self::PortRestrictedCone,
        Self::Symmetric,
    ];

    /// When sockets inside keep their address outside.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{NatBehaviour, NatKind};
    /// assert_eq!(NatKind::FullCone.mapping(), NatBehaviour::EndpointIndependent);
    /// ```
    #[must_use]
    pub fn mapping(self) -> NatBehaviour {
        match self {
            Self::FullCone | Self::RestrictedCone | Self::PortRestrictedCone => {
                NatBehaviour::EndpointIndependent
            }
            Self::Symmetric => NatBehaviour::AddressAndPortDependent,
        }
    }

    /// Whose packets come in.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::{NatBehaviour, NatKind};
    /// assert_eq!(NatKind::FullCone.filtering(), NatBehaviour::EndpointIndependent);
    /// ```
    #[must_use]
    pub fn filtering(self) -> NatBehaviour {
        match self {
            Self::FullCone => NatBehaviour::EndpointIndependent,
            Self::RestrictedCone => NatBehaviour::AddressDependent,
            Self::PortRestrictedCone | Self::Symmetric => NatBehaviour::AddressAndPortDependent,
        }
    }
}

impl std::fmt::Display for NatKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::FullCone => "full cone",
            Self::RestrictedCone => "restricted cone",
            Self::PortRestrictedCone => "port-restricted cone",
            Self::Symmetric => "symmetric",
        })
    }
}

impl std::fmt::Display for NatBehaviour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::EndpointIndependent => "endpoint-independent",
            Self::AddressDependent => "address-dependent",
            Self::AddressAndPortDependent => "address and port-dependent",
        })
    }
}
