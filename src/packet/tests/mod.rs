//! Packets, matches and rules, on frames that are made here.

mod damage;
mod edits;
pub(crate) mod frames;
mod matches;
mod rules;
mod views;
