//! Prints what this machine can do, and what to change where it cannot.

fn main() -> std::process::ExitCode {
    let report = netns_test::doctor();
    println!("{report}");
    report.exit_code().into()
}
