//! What this machine can do, tried out.
