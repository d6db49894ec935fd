//! What the engine is made of, without privileges; `tests/it/wire_engine.rs` sends packets through it.

mod bytes;
mod wheel;
