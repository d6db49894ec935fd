//! The live network: the owner of everything, and what it hands out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::address::Family;
use crate::advertise;
use crate::apply;
#[cfg(feature = "dns")]
use crate::dns;
use crate::entry;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::live::Parts;
use crate::machine;
use crate::plan::Plan;
use crate::settings;
use crate::settle;
use crate::sys::netns;
use crate::topology::{Mistake, ROOT, Topology};
use crate::wait;
use crate::wires;

/// How long a thread may take to end after the body has.
const THREADS_END_WITHIN: Duration = Duration::from_secs(2);

/// A live network of real kernel parts.
///
/// It owns descriptors of its namespaces, the runtimes of the hosts that were given tasks, and the programs that were started in hosts:
/// there are no names under `/run/netns` and no files. When the last descriptor is closed, the kernel takes the network apart; so it
/// does when the process is killed.
///
/// Three ways lead out: dropping it (quiet), [`close`](Self::close) (reports what is left), and [`keep`](Self::keep) (waits, so
/// that people can look).
///
/// # Examples
///
/// ```
/// use netns_test::Topology;
///
/// # fn main() -> netns_test::Result<()> {
/// let network = Topology::lan(["client", "server"]).build()?;
/// let listener = network.host("server").run(|| std::net::TcpListener::bind("0.0.0.0:80"));
/// assert!(network.host("client").run(|| std::net::TcpStream::connect("10.1.0.2:80")).is_ok());
/// # drop(listener);
/// network.close()
/// # }
/// ```
#[must_use = "a network that is not bound to a variable is taken apart at once"]
pub struct Network {
    parts: Arc<Parts>,
    /// Not another's, seen from one of its threads.
    is_owner: bool,
}

impl Topology {
    /// Builds the network, outside of a `#[netns_test]`: for examples, benches and tools.
    ///
    /// A process without privileges enters a user namespace first, which only a process with a single thread can: call this in
    /// `main`, before anything makes threads.
    ///
    /// # Errors
    ///
    /// The topology has mistakes, the machine refuses ([`Error::is_refused`]), or the kernel refuses a step.
    ///
    /// # Examples
    ///
    /// ```
    /// let network = netns_test::Topology::new().bridge("br0", "10.0.0.1/24").build()?;
    /// assert_eq!(network.root().interface("br0")?.mtu, 1500);
    /// # Ok::<(), netns_test::Error>(())
    /// ```
    pub fn build(&self) -> Result<Network> {
        let plan = self.plan()?;
        entry::ensure()?;
        Network::apply(plan)
    }
}

/// Builds the network and runs `body` on a thread of its own in the root.
///
/// # Errors
///
/// As [`Topology::build`], and a thread that the body left behind.
///
/// # Examples
///
/// ```
/// use netns_test::Topology;
///
/// let lossless = netns_test::run(&Topology::lan(["a", "b"]), |net| {
///     net.host("a").ping("b").unwrap().is_lossless()
/// });
/// assert!(lossless.unwrap());
/// ```
pub fn run<T: Send>(topology: &Topology, body: impl FnOnce(&Network) -> T + Send) -> Result<T> {
    let network = topology.build()?;
    let result = network.root().run(|| body(&network));
    network.close()?;
    Ok(result)
}

/// Starts what the topology wants to serve in these nodes; hosts that configure themselves have done so when this returns.
pub(crate) fn serve(parts: &Parts, nodes: &[usize]) -> Result<()> {
    advertise::start_in(parts, nodes)?;
    settle::autoconfigured(parts, nodes)?;
    #[cfg(feature = "dns")]
    dns::start_in(parts, nodes)?;
    Ok(())
}

impl Network {
    pub(crate) fn apply(plan: Plan) -> Result<Self> {
        machine::stand_by()?;
        let nodes = apply::apply(&plan)?;
        let all: Vec<usize> = (0..nodes.len()).collect();
        let network = Self {
            parts: Arc::new(Parts::new(plan, nodes)),
            is_owner: true,
        };
        wires::start(&network.parts)?;
        serve(&network.parts, &all)?;
        Ok(network)
    }

    pub(crate) fn from_parts(parts: Arc<Parts>) -> Self {
        Self {
            parts,
            is_owner: false,
        }
    }

    pub(crate) fn parts(&self) -> &Arc<Parts> {
        &self.parts
    }

    /// The plan that this network was built from.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert!(net.plan().to_string().contains("ip netns add a"));
    /// # }).unwrap();
    /// ```
    pub fn plan(&self) -> &Plan {
        &self.parts.plan
    }

    /// The address families that the network has: both, in the order of their age, or the one of [`Topology::only`].
    ///
    /// A body that runs over several families asks here which of them it has.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Family, Topology};
    ///
    /// netns_test::run(&Topology::lan(["a", "b"]).only(Family::V6), |net| {
    ///     assert_eq!(net.families(), [Family::V6]);
    ///     assert_eq!(net.host("b").socket_addr(80).to_string(), "[fd00:1::2]:80");
    /// })
    /// .unwrap();
    /// ```
    pub fn families(&self) -> &'static [Family] {
        self.parts.plan.families()
    }

    /// The number from which everything follows that is left to chance: which packets are lost, by how much a delay varies.
    ///
    /// `NETNS_TEST_SEED` says it, or [`Topology::seed`]; otherwise each network has another. With the same seed, the same packets in the
    /// same order meet the same fate. The report of a failed test names it.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new().seed(7), |net| {
    /// println!("NETNS_TEST_SEED={}", net.seed());
    /// # }).unwrap();
    /// ```
    pub fn seed(&self) -> u64 {
        self.parts.seed.get()
    }

    /// A host by its name; `root` is one.
    ///
    /// # Panics
    ///
    /// There is no such host; the message lists those that there are. [`find_host`](Self::find_host) returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert_eq!(net.host("a").name(), "a");
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn host(&self, name: &str) -> Host<'_> {
        match self.find_host(name) {
            Ok(host) => host,
            Err(error) => panic!("{error}"),
        }
    }

    /// A host by its name, or an error that lists the known ones.
    ///
    /// # Errors
    ///
    /// There is no such host.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let error = net.find_host("c").unwrap_err();
    /// assert!(error.is_unknown_name());
    /// assert!(error.to_string().contains("known: root, a, b"));
    /// # }).unwrap();
    /// ```
    pub fn find_host(&self, name: &str) -> Result<Host<'_>> {
        match self.parts.find(name) {
            Some(node) => Ok(Host::new(&self.parts, node)),
            None => Err(Error::unknown_name(
                format!("find host `{name}`"),
                &self.parts.names(),
            )),
        }
    }

    /// The root, in which the test's body runs and bridges live.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new().bridge("br0", "10.0.0.1/24"), |net| {
    /// assert_eq!(net.root().name(), "root");
    /// assert_eq!(net.root().ipv4().to_string(), "10.0.0.1");
    /// # }).unwrap();
    /// ```
    pub fn root(&self) -> Host<'_> {
        Host::new(&self.parts, 0)
    }

    /// The host in which a socket was made, wherever it is used; nothing if it belongs to none of them.
    ///
    /// # Errors
    ///
    /// It is no socket, or the kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let socket = net.host("b").run(|| std::net::UdpSocket::bind("0.0.0.0:0")).unwrap();
    /// assert_eq!(net.host_of(&socket).unwrap().unwrap().name(), "b");
    /// # }).unwrap();
    /// ```
    ///
    /// See `SIOCGSKNS` in [ioctl_ns(2)](https://man7.org/linux/man-pages/man2/ioctl_ns.2.html).
    #[cfg(unix)]
    pub fn host_of(&self, socket: &impl std::os::fd::AsFd) -> Result<Option<Host<'_>>> {
        let node = crate::host::owner(&self.parts, socket)?;
        Ok(node.map(|node| Host::new(&self.parts, node)))
    }

    /// All hosts in the order of the topology, the root not among them.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let names: Vec<&str> = net.hosts().map(|host| host.name()).collect();
    /// assert_eq!(names, ["a", "b"]);
    /// # }).unwrap();
    /// ```
    pub fn hosts(&self) -> impl Iterator<Item = Host<'_>> {
        self.parts
            .plan
            .visible()
            .filter(|(_, node)| node.name != ROOT)
            .map(|(node, _)| Host::new(&self.parts, node))
    }

    /// Runs code in the machine's own network, with the machine's files and names: for a database or a registry that a test needs.
    ///
    /// The closure runs on a fresh thread, and may borrow. Sockets that it makes stay the machine's.
    ///
    /// # Panics
    ///
    /// The closure's panic goes on in the caller. A thread could not be started.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// use std::net::{TcpListener, TcpStream};
    ///
    /// let service = net.machine(|| TcpListener::bind("127.0.0.1:0")).unwrap();
    /// let address = service.local_addr().unwrap();
    /// assert!(TcpStream::connect(address).is_err());
    /// assert!(net.machine(|| TcpStream::connect(address)).is_ok());
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn machine<T: Send>(&self, body: impl FnOnce() -> T + Send) -> T {
        match machine::run("machine", body) {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }

    /// Gives the network up and reports what would keep it alive.
    ///
    /// The tasks of its hosts are ended where they await, and dropped in their hosts; their runtimes have 2 seconds to end.
    ///
    /// # Errors
    ///
    /// A task panicked and nobody joined it, a task or thread still lives in one of the namespaces, or
    /// [`current`](crate::current) was kept.
    ///
    /// # Examples
    ///
    /// ```
    /// let network = netns_test::Topology::lan(["a", "b"]).build()?;
    /// let answered = network.host("a").ping("b")?.received();
    /// network.close()?;
    /// assert_eq!(answered, 3);
    /// # Ok::<(), netns_test::Error>(())
    /// ```
    pub fn close(mut self) -> Result<()> {
        self.end()
    }

    /// Ends what runs in the network, and tells what would not: the network itself can still be looked at.
    pub(crate) fn end(&mut self) -> Result<()> {
        let ended = self.end_tasks();
        self.parts.end_programs();
        self.end_servers();
        self.parts.runtimes.panics().nobody_missed_one()?;
        self.parts.troubles.nobody_missed_one()?;
        if !self.may_leave_threads() {
            ended?;
        }
        self.nobody_left()?;
        match Arc::strong_count(&self.parts) - 1 {
            0 => Ok(()),
            others => {
                let cause = format!("{others} values of `netns_test::current()` still hold it");
                Err(Error::new(Kind::TimedOut, "close the network", cause)
                    .help("drop them before the body ends"))
            }
        }
    }

    /// Programs outlast the tasks that await them, which would see them die; but a task that blocks may wait for one.
    fn end_tasks(&self) -> Result<()> {
        self.parts.runtimes.close(|| self.parts.end_programs())
    }

    /// Ends the threads that are the network's own.
    fn end_servers(&self) {
        self.parts.services.end_ours();
        self.parts.troubles.abandon();
        self.parts.relay.end();
    }

    fn may_leave_threads(&self) -> bool {
        self.parts.plan.allowed.contains(&Mistake::ThreadLeft)
    }

    /// Whether all threads have left the network's namespaces; one that is just ending is waited for.
    pub(crate) fn nobody_left(&self) -> Result<()> {
        if self.may_leave_threads() {
            return Ok(());
        }
        let mut left = Vec::new();
        let gone = wait::until(settings::scaled(THREADS_END_WITHIN), || {
            left = self.residents();
            left.is_empty()
        });
        if gone {
            return Ok(());
        }
        let threads = if left.len() == 1 {
            "a thread still lives"
        } else {
            "threads still live"
        };
        let cause = format!(
            "{threads} in it after the body has ended: {}",
            left.join(", ")
        );
        Err(Error::new(Kind::TimedOut, "close the network", cause)
            .help("join the thread in the test, or drop what runs it")
            .help("a pool that lives as long as the process: `.allow(Mistake::ThreadLeft)` in the topology"))
    }

    fn residents(&self) -> Vec<String> {
        let own = netns::calling_thread();
        let residents = netns::residents().unwrap_or_default();
        let found = residents
            .iter()
            .filter(|resident| resident.thread != own)
            .filter_map(|resident| {
                let (_, node) = self
                    .parts
                    .nodes
                    .ever()
                    .find(|(_, node)| node.namespace == resident.namespace)?;
                Some(format!(
                    "`{}` (thread {}) in node `{}`",
                    resident.name(),
                    resident.thread,
                    node.name
                ))
            });
        found.collect()
    }
}

impl Drop for Network {
    /// A runtime's threads live in the network, and would keep it.
    fn drop(&mut self) {
        if self.is_owner {
            // Nobody asked what is left, or has been told.
            drop(self.end_tasks());
            // A thread that still runs may hold the parts.
            self.parts.end_programs();
            self.end_servers();
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("nodes", &self.parts.names())
            .finish_non_exhaustive()
    }
}
