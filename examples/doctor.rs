//! Prints what this machine can do, and what to change where it cannot, as `cargo netns doctor` does.
#![expect(clippy::print_stdout, reason = "the report is for people")]

fn main() -> std::process::ExitCode {
    let report = netns_test::doctor();
    print!("{report}");
    report.exit_code().into()
}
