//! `cargo netns doctor`: what this machine can do for network tests, before there is one.
//!
//! `cargo install netns-test --features cli` installs it. Built for a musl target it is one static file, to be copied into any container.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people talks to them"
)]

use std::env;
use std::process::ExitCode;

const HELP: &str = "\
Tells whether network tests by netns-test can run on this machine, and what to do where not.

Usage: cargo netns doctor [--json]
       cargo-netns doctor [--json]

  doctor     tries out what network tests need, and every feature that they can ask for
    --json   prints the report as a JSON object; the documentation of `DoctorReport::to_json` lists its keys
  --help     prints this
  --version  prints the version

Exit codes of `doctor`:
  0  network tests can run, with everything that netns-test itself needs
  1  no network test can run
  2  they can, but something of what netns-test itself needs is missing: sysctls, names, programs, room,
     a kernel that is new enough

A feature that is missing, such as netem, concerns only tests that ask for it, and no exit code. Other arguments than these are answered
by 64. The kernel may load modules for what is tried out.
";

/// A wrong command line, as sysexits.h has it: no verdict.
const USAGE: u8 = 64;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Doctor { json: bool },
    Help,
    Version,
    Wrong(String),
}

fn main() -> ExitCode {
    match asked(env::args().skip(1)) {
        Asked::Doctor { json } => {
            let report = netns_test::doctor();
            if json {
                println!("{}", report.to_json());
            } else {
                print!("{report}");
            }
            report.exit_code().into()
        }
        Asked::Help => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Asked::Version => {
            println!("cargo-netns {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Asked::Wrong(why) => {
            eprintln!("failed to read the command line: {why}\n  help: cargo netns --help");
            USAGE.into()
        }
    }
}

fn asked(arguments: impl Iterator<Item = String>) -> Asked {
    let mut arguments = arguments.peekable();
    // Cargo hands on the name that it was called with.
    arguments.next_if(|first| first == "netns");
    match arguments.next().as_deref() {
        Some("doctor") => {}
        None | Some("--help" | "-h" | "help") => return Asked::Help,
        Some("--version" | "-V") => return Asked::Version,
        Some(other) => {
            return Asked::Wrong(format!("`{other}` is none of doctor, --help, --version"));
        }
    }
    let mut json = false;
    for argument in arguments {
        match argument.as_str() {
            "--json" => json = true,
            "--help" | "-h" => return Asked::Help,
            other => return Asked::Wrong(format!("`{other}` is none of --json, --help")),
        }
    }
    Asked::Doctor { json }
}
