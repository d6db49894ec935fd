//! This program, run again for some of its tests.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census;

/// By its value, unlike by their names, the processes of one run can be told from all others.
const MARK: &str = "NETNS_TEST_LEAKS_RUN";

/// A run of this program that has yet to start.
pub(crate) struct Suite {
    command: Command,
    mark: String,
    temporary: PathBuf,
}

/// A run that has started.
pub(crate) struct Run {
    child: Child,
    output: Option<JoinHandle<String>>,
    mark: String,
    temporary: PathBuf,
}

/// A run that has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) output: String,
}

impl Suite {
    /// The tests whose path begins so, with as many threads. Files that they make in the usual place are found in a folder of their own.
    pub(crate) fn of(filter: &str, threads: usize) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{count}", std::process::id());
        let temporary = std::env::temp_dir().join(format!("netns-test-leaks-{mark}"));
        fs::create_dir_all(&temporary).expect("the folder for temporary files is writable");
        let mut command = Command::new("/proc/self/exe");
        command
            .arg(filter)
            .arg(format!("--test-threads={threads}"))
            .env(MARK, &mark)
            .env("TMPDIR", &temporary)
            .env("NETNS_TEST_ON_FAIL", "none")
            .env_remove("NETNS_TEST_ISOLATION")
            .env_remove("RUST_TEST_NOCAPTURE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        Self {
            command,
            mark,
            temporary,
        }
    }

    pub(crate) fn exact(mut self) -> Self {
        self.command.arg("--exact");
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// With a limit of its own, such as `nofile=256:1024`.
    pub(crate) fn limit(self, limit: &str) -> Self {
        self.through("prlimit", &[&format!("--{limit}")])
    }

    /// Without the capabilities that this process may have, so that it has to enter a user namespace.
    pub(crate) fn without_capabilities(self) -> Self {
        let none = [
            "--ambient-caps=-all",
            "--inh-caps=-all",
            "--bounding-set=-all",
        ];
        self.through("setpriv", &none)
    }

    /// Started by a program that changes something and becomes what it starts.
    fn through(mut self, program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments);
        // Its own link would lead to itself, and the path may be closed to an ordinary user.
        let ours = fs::File::open("/proc/self/exe").expect("this program is there");
        match self.command.get_program() {
            other if other != "/proc/self/exe" => command.arg(other),
            _ => command.arg("/proc/self/fd/0"),
        };
        command.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .stdin(ours)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        self.command = command;
        self
    }

    /// As another user, which only root can.
    pub(crate) fn user(mut self, id: u32) -> Self {
        std::os::unix::fs::chown(&self.temporary, Some(id), Some(id)).expect("root may");
        self.command.uid(id).gid(id);
        self
    }

    pub(crate) fn start(mut self) -> Run {
        let mut child = self.command.spawn().expect("this program can be run");
        let mut stdout = child.stdout.take().expect("it is a pipe");
        let output = thread::spawn(move || {
            let mut output = Vec::new();
            // A run that is killed leaves whatever it had printed.
            drop(stdout.read_to_end(&mut output));
            String::from_utf8_lossy(&output).into_owned()
        });
        Run {
            child,
            output: Some(output),
            mark: self.mark,
            temporary: self.temporary,
        }
    }

    /// Runs to the end.
    pub(crate) fn run(self) -> Ended {
        self.start().ended()
    }
}

impl Run {
    pub(crate) fn id(&self) -> i32 {
        self.child.id() as i32
    }

    /// The folder that the run's temporary files go to.
    pub(crate) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// All processes of the run, however distant.
    pub(crate) fn processes(&self) -> Vec<i32> {
        census::processes_with(&format!("{MARK}={}", self.mark))
    }

    /// The processes that each run one test.
    pub(crate) fn tests(&self) -> Vec<i32> {
        let mut tests = self.processes();
        tests.retain(|process| census::parent(*process) == Some(self.id()));
        tests
    }

    /// Whether the process that was started here has not ended by itself.
    pub(crate) fn is_running(&mut self) -> bool {
        let ended = self.child.try_wait().expect("it is our child");
        ended.is_none()
    }

    /// Kills the process that was started here.
    pub(crate) fn kill(&self) {
        // One that has just ended by itself waits to be looked at, so that the number is nobody else's.
        kill(Pid::from_raw(self.id()), Signal::SIGKILL).expect("it is our child");
    }

    /// Waits for the end, and for all that belonged to the run to have gone.
    pub(crate) fn ended(mut self) -> Ended {
        let status = self.child.wait().expect("it is our child");
        census::eventually(|| match self.processes() {
            left if left.is_empty() => Ok(()),
            left => Err(format!("processes {left:?} of the run are left")),
        });
        let output = self.output.take().expect("it is taken here only");
        Ended {
            status,
            output: output.join().expect("it reads and nothing else"),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !thread::panicking() {
            assert_eq!(
                census::entries(&self.temporary),
                Default::default(),
                "the run left files"
            );
        } else {
            // Whatever failed, the run must not go on.
            drop(self.child.kill());
        }
        drop(fs::remove_dir_all(&self.temporary));
    }
}

impl Ended {
    /// Fails unless as many tests as are there have passed, and at least one has.
    #[track_caller]
    pub(crate) fn assert_passed(&self) {
        assert!(self.status.success(), "{}", self.output);
        assert!(
            self.count("passed") > 0,
            "no test was found:\n{}",
            self.output
        );
    }

    /// The same, of so many.
    #[track_caller]
    pub(crate) fn assert_all_passed(&self, tests: usize) {
        self.assert_passed();
        assert_eq!(self.count("passed"), tests, "{}", self.output);
    }

    /// A number from libtest's last line: `3 passed`, `1 failed`.
    pub(crate) fn count(&self, what: &str) -> usize {
        let line = self
            .output
            .lines()
            .find_map(|line| line.strip_prefix("test result:"));
        let line = line.unwrap_or_else(|| panic!("no result:\n{}", self.output));
        let words: Vec<&str> = line.split([' ', ';']).collect();
        let at = words.iter().position(|word| *word == what);
        at.and_then(|at| words[at - 1].parse().ok())
            .unwrap_or_else(|| panic!("no count of `{what}`: {line}"))
    }
}
