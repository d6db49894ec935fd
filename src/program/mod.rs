//! Programs in hosts: started, watched, and gone with the network.

mod answer;
mod command;
mod find;
mod process;

pub use command::Command;
pub use find::require_program;
pub use process::Process;
pub(crate) use process::describe;
