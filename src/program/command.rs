//! A program to be started in a host.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Output, Stdio};
use std::sync::Arc;

use crate::error::{Error, Kind, Result};
use crate::live::{self, Family, Parts, Record};
use crate::machine;
use crate::program::answer::Answer;
use crate::program::find;
use crate::program::process::{Process, SHOWN, describe};
use crate::sys::process;

/// A program to be started in a host, from [`Host::command`](crate::Host::command).
///
/// It mirrors [`std::process::Command`], with these differences:
///
/// - It runs in the host's network, under the host's name, with the host's `/etc/hosts`, `/sys` and `/proc`.
/// - It dies with the network, and so does everything that it starts, daemons that double-fork included: when the network closes, when the
///   test panics, when the test's process is killed.
/// - Standard input is empty unless set. Standard output and error, unless set, are collected line by line: for
///   [`Process::expect_line`], and for the report of a failed test.
/// - A name is also looked for in `/usr/local/sbin`, `/usr/sbin` and `/sbin`, where many network programs are.
///
/// # Programs that drop privileges
///
/// An ordinary user's program has the capabilities `CAP_NET_ADMIN`, `CAP_NET_RAW`, `CAP_NET_BIND_SERVICE`, `CAP_SYS_ADMIN` and
/// `CAP_SYS_CHROOT` in the test's user namespace: it may open port 80 and raw sockets, and change the host. But nobody else exists there, so
/// that `sudo`, `su`, `setpriv --reuid` and `chown` to somebody else fail, with `Operation not permitted` or `Invalid argument`. Most
/// daemons drop privileges only if they are root, and this one is not: nginx says that its `user` line is ignored, tcpdump's `-Z` and
/// dnsmasq's `--user` mean nothing, sshd admits the user who runs the test. What they need is a directory of the user's for their
/// configuration, keys, leases and process ids.
///
/// Root of the machine has all ids: everything works as outside. Root without `CAP_SETUID` and `CAP_SETGID`, in a container, has one, and its
/// daemons try: nginx ends with `chown(..) failed (22: Invalid argument)`, sshd with `setgroups: Operation not permitted`, tcpdump with
/// `Couldn't change to 'root'`. Tell the daemon to stay who it is (`user root;` for nginx, `--no-daemon` for dnsmasq), run the tests as an
/// ordinary user, or give the container the two capabilities.
///
/// See [pid_namespaces(7)](https://man7.org/linux/man-pages/man7/pid_namespaces.7.html).
///
/// # Examples
///
/// ```
/// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
/// let name = net.host("server").command("hostname").read().unwrap();
/// assert_eq!(name, "server\n");
/// # }).unwrap();
/// ```
#[must_use = "a command does nothing until it is started: `run`, `read`, `output`, `status` or `spawn`"]
pub struct Command<'net> {
    parts: &'net Arc<Parts>,
    node: usize,
    name: OsString,
    path: Option<PathBuf>,
    directory: Option<PathBuf>,
    /// Which streams are not set: nothing is in standard input then, and the others are collected.
    unset: Streams,
    command: std::process::Command,
}

#[derive(Clone, Copy)]
struct Streams {
    input: bool,
    output: bool,
    error: bool,
}

impl<'net> Command<'net> {
    pub(crate) fn prepare(parts: &'net Arc<Parts>, node: usize, name: &OsStr) -> Self {
        let path = find::path_of(name);
        let mut command =
            std::process::Command::new(path.as_deref().unwrap_or_else(|| name.as_ref()));
        process::name_as(&mut command, name);
        Self {
            parts,
            node,
            name: name.to_owned(),
            path,
            directory: None,
            unset: Streams {
                input: true,
                output: true,
                error: true,
            },
            command,
        }
    }

    /// Adds an argument.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub fn args(&mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Self {
        self.command.args(arguments);
        self
    }

    /// Sets an environment variable.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.command.env(name, value);
        self
    }

    /// Sets environment variables.
    pub fn envs(
        &mut self,
        variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> &mut Self {
        self.command.envs(variables);
        self
    }

    /// Removes an environment variable.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.command.env_remove(name);
        self
    }

    /// Removes all environment variables.
    pub fn env_clear(&mut self) -> &mut Self {
        self.command.env_clear();
        self
    }

    /// Sets the working directory; it is the caller's otherwise.
    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Sets standard input, which is empty otherwise.
    pub fn stdin(&mut self, input: impl Into<Stdio>) -> &mut Self {
        self.command.stdin(input);
        self.unset.input = false;
        self
    }

    /// Sets standard output, which is collected otherwise.
    pub fn stdout(&mut self, output: impl Into<Stdio>) -> &mut Self {
        self.command.stdout(output);
        self.unset.output = false;
        self
    }

    /// Sets standard error, which is collected otherwise.
    pub fn stderr(&mut self, error: impl Into<Stdio>) -> &mut Self {
        self.command.stderr(error);
        self.unset.error = false;
        self
    }

    /// The command of the standard library below, for what is not mirrored: `CommandExt`, say. Its working directory and streams are
    /// replaced.
    pub fn as_std_mut(&mut self) -> &mut std::process::Command {
        &mut self.command
    }

    /// Starts the program.
    ///
    /// # Errors
    ///
    /// There is no such program, it may not be executed, or the machine allows no PID namespace.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
    /// let mut shell = net.host("server").command("sh").args(["-c", "echo ready; sleep 1000"]).spawn().unwrap();
    /// shell.expect_line("ready").unwrap();
    /// # }).unwrap();
    /// ```
    pub fn spawn(&mut self) -> Result<Process<'net>> {
        let family = self.parts.family(self.node)?;
        let (mut child, record) = self.start(&family)?;
        let output = child.stdout.take_if(|_| self.unset.output);
        let error = child.stderr.take_if(|_| self.unset.error);
        let listened = live::watch(&record, output, error);
        let mut process = Process::new(child, record, family, self.host());
        if let Err(cause) = listened {
            process.kill()?;
            let help = machine::what_helps(&cause);
            let what = format!("start the thread that listens to {}", self.described());
            return Err(Error::kernel(what, cause).help(help));
        }
        Ok(process)
    }

    /// Runs the program to its end, and returns how it ended.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new(), |net| {
    /// assert_eq!(net.root().command("false").status().unwrap().code(), Some(1));
    /// # }).unwrap();
    /// ```
    pub fn status(&mut self) -> Result<ExitStatus> {
        self.spawn()?.wait()
    }

    /// Runs the program to its end, and returns what it printed and how it ended.
    ///
    /// As with the standard library's, that is when nobody can print any more: a daemon that it leaves behind and that keeps its output
    /// open is waited for. [`status`](Self::status) does not.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new(), |net| {
    /// let output = net.root().command("cat").arg("/no/such/file").output().unwrap();
    /// assert!(!output.status.success());
    /// assert!(String::from_utf8_lossy(&output.stderr).contains("No such file"));
    /// # }).unwrap();
    /// ```
    pub fn output(&mut self) -> Result<Output> {
        let (child, record) = self.start(&*self.parts.family(self.node)?)?;
        let output = live::hear_out(&record, child);
        self.finish(output)
    }

    /// [`output`](Self::output) for async code, under any executor. Dropped, it lets the program run on until the network closes.
    ///
    /// # Errors
    ///
    /// As [`output`](Self::output).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let output = net.host("a").command("hostname").output_async().await.unwrap();
    /// assert_eq!(output.stdout, b"a\n");
    /// # });
    /// # }).unwrap();
    /// ```
    pub async fn output_async(&mut self) -> Result<Output> {
        let (child, record) = self.start(&*self.parts.family(self.node)?)?;
        match Answer::of(move || live::hear_out(&record, child)).await {
            Some(output) => self.finish(output),
            None => Err(machine::out_of_threads()),
        }
    }

    fn finish(&self, output: io::Result<Output>) -> Result<Output> {
        output.map_err(|cause| Error::kernel(format!("read from {}", self.described()), cause))
    }

    /// Runs the program to its end, which has to be a success.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn), and the program failed: the text has how, and what it printed to standard error.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let error = net.host("a").command("sh").args(["-c", "echo no luck >&2; exit 3"]).run().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "failed to run `sh -c \"echo no luck >&2; exit 3\"` in host `a`: it exited with code 3\n  stderr: no luck",
    /// );
    /// # }).unwrap();
    /// ```
    pub fn run(&mut self) -> Result<()> {
        self.read().map(drop)
    }

    /// Runs the program to its end, which has to be a success, and returns what it printed to standard output.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let interfaces = net.host("a").command("ls").arg("/sys/class/net").read().unwrap();
    /// assert_eq!(interfaces, "eth0\nlo\n");
    /// # }).unwrap();
    /// ```
    pub fn read(&mut self) -> Result<String> {
        let output = self.output()?;
        self.judge(&output)
    }

    /// [`read`](Self::read) for async code, under any executor.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// assert_eq!(net.host("b").command("hostname").read_async().await.unwrap(), "b\n");
    /// # });
    /// # }).unwrap();
    /// ```
    pub async fn read_async(&mut self) -> Result<String> {
        let output = self.output_async().await?;
        self.judge(&output)
    }

    /// What a program that succeeded has printed.
    fn judge(&self, output: &Output) -> Result<String> {
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let mut cause = describe(output.status);
        let said = String::from_utf8_lossy(&output.stderr);
        let before = said.lines().count().saturating_sub(SHOWN);
        if before > 0 {
            cause.push_str(&format!("\n  ({before} lines before these)"));
        }
        for line in said.lines().skip(before) {
            cause.push_str(&format!("\n  stderr: {line}"));
        }
        let what = format!("run {}", self.described());
        Err(Error::new(Kind::Program, what, cause))
    }

    /// Starts the process from the thread that the host's programs are started from.
    fn start(&mut self, family: &Family) -> Result<(Child, Arc<Record>)> {
        // The thread that starts programs has a working directory of its own.
        let directory = match &self.directory {
            Some(directory) => directory.clone(),
            None => env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        };
        self.command.current_dir(&directory);
        if self.unset.input {
            self.command.stdin(Stdio::null());
        }
        if self.unset.output {
            self.command.stdout(Stdio::piped());
        }
        if self.unset.error {
            self.command.stderr(Stdio::piped());
        }
        let command = &mut self.command;
        let started = family.run(|| command.spawn()).and_then(|started| started);
        let child = started.map_err(|cause| {
            find::refusal(
                &self.name,
                self.path.as_deref(),
                &directory,
                self.host(),
                cause,
            )
        })?;
        let record = Arc::new(Record::new(self.node, self.shown(), child.id()));
        self.parts.programs().push(Arc::clone(&record));
        Ok((child, record))
    }

    fn host(&self) -> &'net str {
        &self.parts.node(self.node).name
    }

    fn described(&self) -> String {
        format!("`{}` in host `{}`", self.shown(), self.host())
    }

    /// As a person would have typed it, more or less.
    fn shown(&self) -> String {
        let mut text = self.name.to_string_lossy().into_owned();
        for argument in self.command.get_args() {
            let argument = argument.to_string_lossy();
            if argument.is_empty() || argument.contains(char::is_whitespace) {
                text.push_str(&format!(" {argument:?}"));
            } else {
                text.push_str(&format!(" {argument}"));
            }
        }
        text
    }
}

impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("host", &self.host())
            .field("command", &self.shown())
            .finish_non_exhaustive()
    }
}
