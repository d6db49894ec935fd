//! Runs a package's test program as anybody would.

use std::process::Command;

use crate::subjects::{Package, Run, Scratch, prepare};

/// Runs the package's test program with these arguments and nothing in its environment that steers tests.
pub(crate) fn run(package: Package, arguments: &[&str]) -> Run {
    run_with(package, arguments, &[])
}

/// The same with variables.
pub(crate) fn run_with(package: Package, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let scratch = Scratch::new();
    let mut command = Command::new(package.program());
    command.args(arguments);
    prepare(&mut command, &scratch);
    command.envs(variables.iter().copied());
    Run::of(&command.output().unwrap())
}
