//! Packets as bytes: pure, and the only place that names `pnet_packet`.

pub(crate) mod advertisement;
#[cfg(test)]
pub(crate) mod checksums;
pub(crate) mod icmp;
mod quote;
mod reason;

pub use reason::UnreachableReason;
