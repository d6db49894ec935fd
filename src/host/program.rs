//! Programs in a host.

use std::ffi::OsStr;

use crate::error::{Error, Result};
use crate::host::Host;
use crate::program::{self, Command};

impl<'net> Host<'net> {
    /// A program to be started in the host: see [`Command`].
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["client", "server"]), |net| {
    /// let mut server = net.host("server").command("sh").args(["-c", "echo ready; exec sleep 1000"]).spawn().unwrap();
    /// server.expect_line("ready").unwrap();
    /// let known = net.host("client").command("getent").args(["hosts", "server"]).read().unwrap();
    /// assert!(known.contains("server"));
    /// # }).unwrap();
    /// ```
    pub fn command(self, program: impl AsRef<OsStr>) -> Command<'net> {
        Command::prepare(self.parts, self.node, program.as_ref())
    }

    /// Runs a closure on the thread that starts the host's programs: what it starts dies with the network, as with [`Host::command`].
    ///
    /// It is the way for commands of other crates. Under tokio, the closure is inside the caller's runtime, as
    /// `tokio::process::Command::spawn` needs it. The closure can start processes, but no threads: the kernel gives the processes of
    /// this thread to another PID namespace, and threads cannot be in two.
    ///
    /// # Errors
    ///
    /// The machine allows no PID namespace.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new(), |net| {
    /// let mut child = net.root().start(|| std::process::Command::new("true").spawn()).unwrap().unwrap();
    /// assert!(child.wait().unwrap().success());
    /// # }).unwrap();
    /// ```
    pub fn start<T: Send>(self, body: impl FnOnce() -> T + Send) -> Result<T> {
        let family = self.parts.family(self.node)?;
        let inside = crate::runtime::carried(body);
        family.run(inside).map_err(|cause| {
            Error::kernel(format!("start a program in host `{}`", self.name()), cause)
        })
    }

    /// The programs of this host that run no more, and how they ended: they explain why something is not there.
    pub(super) fn ended_programs(self) -> Vec<String> {
        let programs = self.parts.programs();
        let ended = programs
            .iter()
            .filter(|record| record.node == self.node && record.has_ended());
        let told = ended.map(|record| match record.status() {
            Some(status) => format!("`{}`, {}", record.shown, program::describe(status)),
            None => format!("`{}`", record.shown),
        });
        told.collect()
    }
}
