//! A program that runs in a host.

use std::fmt;
use std::io;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::live::{Awaited, Family, Record, Stream};
use crate::settings;
use crate::sys::{family, process};
use crate::wait;

/// How long a line may take unless somebody says otherwise.
const LINE_WITHIN: Duration = Duration::from_secs(10);
/// How long the last words of a program that has ended may take to arrive. It matters only where the kernel does not tell of the end.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);
/// The signal that asks a program to end.
const SIGTERM: i32 = 15;
/// Lines of output that an error shows.
pub(super) const SHOWN: usize = 10;

/// A program that runs in a host, from [`Command::spawn`](crate::Command::spawn).
///
/// It mirrors [`std::process::Child`], and is one: a direct child of the test's process. Dropping it lets the program run on, until the
/// network closes. How it ends is nobody's failure unless the test asks: [`wait`](Self::wait), or [`Command::run`](crate::Command::run).
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
/// use std::time::Duration;
///
/// let mut sleep = net.host("a").command("sleep").arg("1000").spawn().unwrap();
/// assert_eq!(sleep.try_wait().unwrap(), None);
/// let status = sleep.stop(Duration::from_secs(5)).unwrap();
/// assert!(!status.success());
/// # }).unwrap();
/// ```
pub struct Process<'net> {
    /// Its standard input, if `Stdio::piped()` was asked for.
    pub stdin: Option<ChildStdin>,
    /// Its standard output, if `Stdio::piped()` was asked for: it is not collected then.
    pub stdout: Option<ChildStdout>,
    /// Its standard error, if `Stdio::piped()` was asked for: it is not collected then.
    pub stderr: Option<ChildStderr>,
    /// Taken when it is given to the family, which is when this is dropped.
    child: Option<Child>,
    record: Arc<Record>,
    family: Arc<Family>,
    host: &'net str,
}

impl<'net> Process<'net> {
    pub(crate) fn new(
        mut child: Child,
        record: Arc<Record>,
        family: Arc<Family>,
        host: &'net str,
    ) -> Self {
        Self {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            child: Some(child),
            record,
            family,
            host,
        }
    }

    /// Its process id, as the test sees it. The program itself sees another, in the host's PID namespace.
    pub fn id(&self) -> u32 {
        self.record.id
    }

    /// Waits until it has ended.
    ///
    /// Standard input is closed first, if it is still here.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        drop(self.stdin.take());
        let result = match &mut self.child {
            Some(child) => child.wait(),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        let status = result.map_err(|cause| self.refused("wait for", cause))?;
        self.note(status);
        Ok(status)
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        let result = match &mut self.child {
            Some(child) => child.try_wait(),
            None => Ok(None),
        };
        let status = result.map_err(|cause| self.refused("wait for", cause))?;
        if let Some(status) = status {
            self.note(status);
        }
        Ok(status)
    }

    /// Takes down how it ended, and lets its last words arrive. A daemon that it left behind may keep the streams open.
    fn note(&self, status: ExitStatus) {
        self.record.ended_with(status);
        if !self.record.has_ended() {
            self.record.await_end(settings::scaled(LAST_WORDS_WITHIN));
        }
    }

    /// Kills it with `SIGKILL`, and not what it has started. One that has ended already is no error.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    pub fn kill(&mut self) -> Result<()> {
        let result = match &mut self.child {
            Some(child) => child.kill(),
            None => Ok(()),
        };
        result.map_err(|cause| self.refused("kill", cause))
    }

    /// Sends a signal, such as 1 for `SIGHUP`, upon which many daemons read their configuration again.
    ///
    /// See [signal(7)](https://man7.org/linux/man-pages/man7/signal.7.html) for the numbers.
    ///
    /// # Errors
    ///
    /// There is no such signal, or the program may not be sent one.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new(), |net| {
    /// let script = "trap 'echo reloaded' USR1; echo ready; while true; do sleep 0.1; done";
    /// let mut daemon = net.root().command("sh").args(["-c", script]).spawn().unwrap();
    /// daemon.expect_line("ready").unwrap();
    /// daemon.signal(10).unwrap();
    /// daemon.expect_line("reloaded").unwrap();
    /// # }).unwrap();
    /// ```
    pub fn signal(&mut self, signal: i32) -> Result<()> {
        // Once it has been waited for, its number may be another's.
        if self.try_wait()?.is_some() {
            return Ok(());
        }
        family::signal(self.id(), signal).map_err(|cause| {
            self.refused(&format!("send {} to", process::signal_name(signal)), cause)
        })
    }

    /// Asks it to end with `SIGTERM`, and kills it if it has not after `grace`. Returns how it ended.
    ///
    /// `NETNS_TEST_TIME_SCALE` multiplies `grace`.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new(), |net| {
    /// use std::time::Duration;
    ///
    /// let script = "trap 'exit 7' TERM; echo ready; while true; do sleep 0.1; done";
    /// let mut daemon = net.root().command("sh").args(["-c", script]).spawn().unwrap();
    /// daemon.expect_line("ready").unwrap();
    /// assert_eq!(daemon.stop(Duration::from_secs(5)).unwrap().code(), Some(7));
    /// # }).unwrap();
    /// ```
    pub fn stop(&mut self, grace: Duration) -> Result<ExitStatus> {
        self.signal(SIGTERM)?;
        let mut result = Ok(None);
        wait::until(settings::scaled(grace), || {
            result = self.try_wait();
            !matches!(result, Ok(None))
        });
        match result? {
            Some(status) => Ok(status),
            None => {
                self.kill()?;
                self.wait()
            }
        }
    }

    /// Waits until it prints a line with this text, to standard output or error, and returns the line.
    ///
    /// The next call goes on after that line. The limit is 10 seconds, multiplied by `NETNS_TEST_TIME_SCALE`.
    ///
    /// # Errors
    ///
    /// It ended without, or the time is over ([`Error::is_timed_out`]); the text has its last lines.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let mut shell = net.host("a").command("sh").args(["-c", "echo one; echo two >&2; exit 3"]).spawn().unwrap();
    /// shell.expect_line("one").unwrap();
    /// let error = shell.expect_line("three").unwrap_err();
    /// assert!(error.to_string().contains("it exited with code 3"));
    /// assert!(error.to_string().contains("stderr: two"));
    /// # }).unwrap();
    /// ```
    pub fn expect_line(&mut self, text: &str) -> Result<String> {
        self.expect_line_within(LINE_WITHIN, text)
    }

    /// The same with another limit.
    ///
    /// # Errors
    ///
    /// As [`expect_line`](Self::expect_line).
    pub fn expect_line_within(&mut self, limit: Duration, text: &str) -> Result<String> {
        let limit = settings::scaled(limit);
        let awaited = self.record.await_line(text, limit);
        self.line_or_words(text, limit, awaited)
    }

    fn line_or_words(&mut self, text: &str, limit: Duration, awaited: Awaited) -> Result<String> {
        let what = format!(
            "find a line with `{text}` in the output of {}",
            self.described()
        );
        match awaited {
            Awaited::Line(line) => Ok(line),
            Awaited::TimedOut => {
                let cause = format!("there was none within {limit:?}{}", self.last_words());
                let error = Error::new(Kind::TimedOut, what, cause);
                Err(match self.record.missed() {
                    0 => error,
                    missed => error.help(format!(
                        "it has printed more than is kept, and {missed} lines are gone: expect the line sooner"
                    )),
                })
            }
            Awaited::Silent => {
                // Its streams are closed a moment before it has ended.
                self.record.await_end(settings::scaled(LAST_WORDS_WITHIN));
                let cause = match self.try_wait()? {
                    Some(status) => describe(status),
                    None => "it has closed its output".to_owned(),
                };
                let cause = format!("{cause}{}", self.last_words());
                Err(Error::new(Kind::Program, what, cause))
            }
        }
    }

    /// What it has printed to standard output so far, as far as it is collected: the last 2,000 lines.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new(), |net| {
    /// let mut shell = net.root().command("sh").args(["-c", "echo one; echo two >&2"]).spawn().unwrap();
    /// shell.wait().unwrap();
    /// assert_eq!((shell.stdout_text().as_str(), shell.stderr_text().as_str()), ("one\n", "two\n"));
    /// # }).unwrap();
    /// ```
    pub fn stdout_text(&self) -> String {
        self.record.text(Stream::Output)
    }

    /// What it has printed to standard error so far, as far as it is collected: the last 2,000 lines.
    pub fn stderr_text(&self) -> String {
        self.record.text(Stream::Error)
    }

    fn last_words(&self) -> String {
        let (_, lines) = self.record.last(SHOWN);
        lines.iter().map(|line| format!("\n  {line}")).collect()
    }

    fn described(&self) -> String {
        format!("`{}` in host `{}`", self.record.shown, self.host)
    }

    fn refused(&self, verb: &str, cause: io::Error) -> Error {
        Error::kernel(format!("{verb} {}", self.described()), cause)
    }
}

/// The same for async code: other tasks of the thread go on meanwhile. A tokio runtime with time enabled has to poll these, as that of an
/// async test does.
#[cfg(feature = "tokio")]
impl Process<'_> {
    /// [`wait`](Self::wait) for async code.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut shell = net.host("a").command("sh").args(["-c", "echo ready; exit 3"]).spawn().unwrap();
    /// shell.expect_line_async("ready").await.unwrap();
    /// assert_eq!(shell.wait_async().await.unwrap().code(), Some(3));
    /// # });
    /// # }).unwrap();
    /// ```
    pub async fn wait_async(&mut self) -> Result<ExitStatus> {
        drop(self.stdin.take());
        let record = Arc::clone(&self.record);
        crate::runtime::until(Duration::MAX, || record.has_ended()).await;
        self.wait()
    }

    /// [`expect_line`](Self::expect_line) for async code.
    ///
    /// # Errors
    ///
    /// As [`expect_line`](Self::expect_line).
    pub async fn expect_line_async(&mut self, text: &str) -> Result<String> {
        let limit = settings::scaled(LINE_WITHIN);
        let mut awaited = None;
        crate::runtime::until(limit, || {
            awaited = self.record.find_line(text);
            awaited.is_some()
        })
        .await;
        self.line_or_words(text, limit, awaited.unwrap_or(Awaited::TimedOut))
    }

    /// [`stop`](Self::stop) for async code.
    ///
    /// # Errors
    ///
    /// As [`stop`](Self::stop).
    pub async fn stop_async(&mut self, grace: Duration) -> Result<ExitStatus> {
        self.signal(SIGTERM)?;
        let record = Arc::clone(&self.record);
        let limit = settings::scaled(grace);
        if !crate::runtime::until(limit, || record.has_ended()).await {
            self.kill()?;
        }
        self.wait()
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            self.family.forget(child);
        }
    }
}

impl fmt::Debug for Process<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("host", &self.host)
            .field("command", &self.record.shown)
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

/// How a program ended, in words.
pub(crate) fn describe(status: ExitStatus) -> String {
    match (status.code(), process::signal_of(status)) {
        (Some(code), _) => format!("it exited with code {code}"),
        (None, Some(signal)) => format!("it was killed by {}", process::signal_name(signal)),
        (None, None) => "it ended".to_owned(),
    }
}
