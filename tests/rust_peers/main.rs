//! Networked Rust code as people write it, a peer in each host: HTTP, WebSocket, QUIC and DNS by other people's crates.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

#[path = "../../examples/support/certificate.rs"]
mod certificate;
mod http;
mod http_endings;
mod http_server;
mod quic;
mod quic_migration;
#[cfg(feature = "dns")]
mod resolver;
mod websocket;

use std::time::Duration;

/// For what comes at once on an idle machine.
const SOON: Duration = Duration::from_secs(10);
