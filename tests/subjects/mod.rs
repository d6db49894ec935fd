//! Builds the test programs of `tests/downstream`, `tests/downstream-tokio` and `tests/container`, runs them, and reads what they say.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// One of the three packages.
#[derive(Clone, Copy, Debug)]
#[allow(
    dead_code,
    reason = "not every program that tests programs runs all of them"
)]
pub(crate) enum Package {
    Downstream,
    Tokio,
    Container,
}

impl Package {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Downstream => "downstream",
            Self::Tokio => "downstream-tokio",
            Self::Container => "container",
        }
    }

    /// The package's test program, built once.
    pub(crate) fn program(self) -> &'static Path {
        static PROGRAMS: [OnceLock<PathBuf>; 3] = [const { OnceLock::new() }; 3];
        PROGRAMS[self as usize].get_or_init(|| build(self))
    }
}

/// Cargo, in this workspace and its target directory.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    // The directory that this very program came from, however it was chosen.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    command.env("CARGO_TARGET_DIR", target);
    command.env("CARGO_TERM_COLOR", "never");
    command
}

fn build(package: Package) -> PathBuf {
    let mut cargo = cargo();
    cargo.args([
        "test",
        "--no-run",
        "--test=subjects",
        "--message-format=json",
        "--package",
    ]);
    let built = cargo
        .arg(package.name())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "failed to build package `{}`: {}",
        package.name(),
        built.status
    );
    let messages = String::from_utf8(built.stdout).unwrap();
    let mut programs = messages
        .lines()
        .filter_map(|line| line.split_once(r#""executable":""#));
    let (_, rest) = programs.next_back().expect("cargo names the program");
    let (path, _) = rest.split_once('"').unwrap();
    assert!(
        !path.contains('\\'),
        "the program's path needs no unescaping: {path}"
    );
    path.into()
}

/// A directory of one run's own, which anybody may use; gone with the value.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("netns-test-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(&path, everybody).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Gives the command the environment that the subjects expect, from the point of view of the calling process.
pub(crate) fn prepare(command: &mut Command, scratch: &Scratch) {
    for (name, _) in std::env::vars_os() {
        if steers_tests(&name) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command.env("RUST_BACKTRACE", "0").env("NO_COLOR", "1");
    command
        .env("HOME", scratch.path())
        .env("TMPDIR", scratch.path());
    command.env("DOWNSTREAM_SCRATCH", scratch.path());
    command.env("DOWNSTREAM_STATUS", status());
    command.env("DOWNSTREAM_DESCRIPTORS", descriptors());
    command.env(
        "DOWNSTREAM_READS_CLOSED_FILES",
        if reads_closed_files(scratch) {
            "1"
        } else {
            "0"
        },
    );
    for kind in ["net", "user", "mnt", "pid", "uts"] {
        let namespace = std::fs::read_link(format!("/proc/thread-self/ns/{kind}")).unwrap();
        command.env(format!("DOWNSTREAM_NS_{kind}"), namespace);
    }
}

fn steers_tests(name: &OsString) -> bool {
    let prefixes = [
        "NETNS_TEST_",
        "__NETNS_TEST_",
        "DOWNSTREAM_",
        "RUST_TEST",
        "NEXTEST",
    ];
    prefixes
        .iter()
        .any(|prefix| name.to_string_lossy().starts_with(prefix))
}

/// The same as `surroundings::status` in the subjects.
fn status() -> String {
    let keys = [
        "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapAmb",
    ];
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let lines = status
        .lines()
        .filter(|line| keys.iter().any(|key| line.split(':').next() == Some(key)));
    let lines: Vec<_> = lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    lines.join("; ")
}

/// The descriptors that a program inherits here.
fn descriptors() -> String {
    let mut ls = Command::new("ls");
    ls.arg("/proc/self/fd").stdin(Stdio::null());
    String::from_utf8(ls.output().unwrap().stdout).unwrap()
}

fn reads_closed_files(scratch: &Scratch) -> bool {
    let path = scratch.path().join("closed-outside");
    let file = std::fs::File::create(&path).unwrap();
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o000))
        .unwrap();
    let readable = std::fs::File::open(&path).is_ok();
    std::fs::remove_file(path).unwrap();
    readable
}

/// What a test program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: ExitStatus,
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            status: output.status,
        }
    }

    /// What libtest says of each test: `ok`, `FAILED` or `ignored, ..`.
    pub(crate) fn verdicts(&self) -> BTreeMap<&str, &str> {
        let lines = self
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix("test "));
        let verdicts = lines.filter_map(|line| line.split_once(" ... "));
        // libtest says so of its own `#[should_panic]`.
        verdicts
            .map(|(name, verdict)| (name.trim_end_matches(" - should panic"), verdict))
            .collect()
    }

    /// The names of the tests of which libtest says this.
    pub(crate) fn names(&self, verdict: &str) -> Vec<&str> {
        let verdicts = self.verdicts().into_iter();
        verdicts
            .filter(|(_, of)| of.starts_with(verdict))
            .map(|(name, _)| name)
            .collect()
    }

    /// What stands under a test's heading among the failures, if it is there.
    pub(crate) fn section(&self, name: &str) -> Option<&str> {
        let (_, rest) = self
            .stdout
            .split_once(&format!("\n---- {name} stdout ----\n"))?;
        let end = rest
            .match_indices("\n---- ")
            .find(|(start, _)| {
                rest[start + 1..]
                    .lines()
                    .next()
                    .is_some_and(|line| line.ends_with(" stdout ----"))
            })
            .map(|(start, _)| start)
            .or_else(|| rest.find("\n\nfailures:\n"));
        Some(rest[..end.unwrap_or(rest.len())].trim_end())
    }

    /// The same for a test that must have failed.
    #[track_caller]
    pub(crate) fn failure(&self, name: &str) -> &str {
        self.section(name)
            .unwrap_or_else(|| panic!("`{name}` has no section in\n{self:#?}"))
    }

    /// All is well.
    #[track_caller]
    pub(crate) fn assert_passed(&self) {
        assert_eq!(
            self.status.code(),
            Some(0),
            "{}\n{}",
            self.stdout,
            self.stderr
        );
    }

    /// libtest's own exit code for failed tests, and these were they.
    #[track_caller]
    pub(crate) fn assert_failed(&self, names: &[&str]) {
        assert_eq!(
            self.names("FAILED"),
            names,
            "{}\n{}",
            self.stdout,
            self.stderr
        );
        assert_eq!(self.status.code(), Some(101), "{}", self.stderr);
    }
}

/// That all parts are in the text, in this order.
#[track_caller]
pub(crate) fn assert_in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => panic!("`{part}` is missing, or stands before its predecessor, in\n{text}"),
        }
    }
}
