//! The runtime of an async body.

use std::future::Future;

use crate::here;
use crate::runtime::{self, Flavor};

/// Runs an async body to its end, on a runtime that lives and dies on the calling thread.
pub fn block_on<F: Future>(flavor: Flavor, body: F) -> F::Output {
    let entrance = here::get().map(|(parts, node)| here::entrance(&parts, node));
    runtime::block_on(flavor, entrance, body)
}
