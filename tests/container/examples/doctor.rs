//! The doctor alone, so that an image can carry it.

use std::process::ExitCode;

#[expect(clippy::print_stdout, reason = "the report is what it is for")]
fn main() -> ExitCode {
    let report = netns_test::doctor();
    println!("{report}");
    ExitCode::from(report.exit_code())
}
