//! Networked Rust code as people write it, a peer in each host: HTTP and WebSocket by other people's crates.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod http;
mod http_endings;
mod http_server;
mod websocket;

use std::time::Duration;

/// For what comes at once on an idle machine.
const SOON: Duration = Duration::from_secs(10);
