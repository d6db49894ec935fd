//! Integration tests for networked code, each in its own throwaway network of real kernel parts.
//!
//! ```no_run
//! use netns_test::{Network, TestResult, Topology, netns_test};
//!
//! #[netns_test(topology = Topology::lan(["client", "server"]))]
//! fn the_server_answers(net: &Network) -> TestResult {
//!     let report = net.host("client").ping("server")?;
//!     assert_eq!(report.received(), report.transmitted());
//!     Ok(())
//! }
//! ```
//!
//! [`#[netns_test]`](macro@netns_test) runs the function as a test in a network of namespaces, bridges and veth pairs that
//! nobody else sees: under plain `cargo test` or `cargo nextest run`, in parallel, as an ordinary user, without any external
//! program.
//!
//! # Goals
//!
//! Three promises. When they conflict, the earlier one wins.
//!
//! 1. **Honest.** A test passes only if its body ran in the network that it asked for. A step that the kernel refused is an error
//!    that names the step, the object and the remedy. Nothing is swallowed, nothing silently skipped.
//! 2. **Clean.** Panic, `Err`, abort, segmentation fault, deadline, `SIGKILL`: no namespace, interface, thread or file of ours
//!    outlives the test's process, and the machine's own network, sysctls and files are never touched.
//! 3. **Fast.** The cost is the kernel's cost. Nobody should think twice before asking for a network.
//!
#![doc = include_str!("guide.md")]
//!
//! # Async code
//!
//! A body may be an `async fn`. Beside it, or without it, each host has a Tokio runtime of its own: [`Host::spawn`] starts a task
//! that runs until the network closes, [`Host::run_async`] one for its result. Both take a closure that makes the future in the host,
//! so that the future need not be `Send`, and return a [`Task`]: await it in an async body, [`join`](Task::join) it in another.
//!
//! ```
//! # #[cfg(feature = "tokio")]
//! # netns_test::run(&netns_test::Topology::lan(["desk", "printer"]), |net| {
//! use tokio::net::{TcpListener, TcpStream};
//!
//! let address = net.host("printer").socket_addr(515);
//! let listener = net.host("printer").run_async(move || TcpListener::bind(address)).join().unwrap();
//! let _server = net.host("printer").spawn(|| async move { listener.accept().await.unwrap() });
//! let stream = net.host("desk").run_async(move || TcpStream::connect(address)).join().unwrap();
//! net.host("desk").assert_owns(&stream);
//! # }).unwrap();
//! ```
//!
//! The example `async_http` does this with hyper, by the server's name; `quic` with quinn.
//!
//! - A runtime has one thread, in the host; [`HostSpec::worker_threads`] gives it more. Blocking threads are in the host, too.
//! - A task's panic goes on where it is awaited or joined. One that nobody gets fails the test, and never satisfies `#[should_panic]`.
//!   What a task itself hands to `tokio::spawn` is its own to await.
//! - Closing drops all tasks in their hosts. One that does not await, or blocking code that does not end, has 2 seconds and is named.
//! - Leave Tokio's `Handle` in its host: what it is given to block on elsewhere runs there, and sockets made by that belong there.
//!   [`Host::assert_owns`] tells.
//! - A task cannot borrow `net`; inside, [`current`] gives the network.
//! - Without the feature `tokio`, run any executor that stays on its thread by [`Host::run`]: smol's local one, say.
//!
//! # What a test's process means
//!
//! Entering a user namespace concerns a whole process, and cannot be undone. Thread pools of other crates would carry one test's
//! work into another's network, and a crash takes the neighbours along. So each network test runs in **a process of its own**:
//! `cargo test` starts the test program, and the harness there starts it once more for the one test. The same happens under
//! nextest, which starts a process for each test by itself: which tests are network tests is not known before `main`.
//!
//! - What one test writes into a `static`, no other test finds. A pool that is global is each test's own.
//! - Ordinary `#[test]`s in the same program keep the machine's network, and run in the process that you started.
//! - A panic keeps its message and place, `#[should_panic]` is judged by the harness, and output is captured as ever. An abort, a
//!   signal, `exit` or no outcome at all is a failure in words. A network that could not be built never satisfies `#[should_panic]`.
//! - The deadline is 60 seconds unless the attribute or the environment says otherwise. The report is printed before the process is
//!   killed.
//! - A thread that still lives in the network when the body has ended fails the test, by name. Join it, or allow
//!   [`Mistake::ThreadLeft`].
//! - A program that [`Host::command`] started ends with the network. One that the body starts by other means and forgets lives on, as
//!   after any test, and keeps the namespace that it is in.
//! - [`run`] and [`Topology::build`] work without a harness, in a `main` that has made no threads yet.
//!
//! # What happens before `main`
//!
//! Linking this crate adds a few lines that run before `main` in every program that names it. They do nothing unless the process
//! was started for one test, or `NETNS_TEST_ISOLATION=thread` is set. They make system calls only, and neither allocate nor print
//! nor abort: what fails is written down, and explained when a network is asked for.
//!
//! In the process of a test they put the parent's descriptors aside and enter. With `CAP_SYS_ADMIN`, `CAP_NET_ADMIN` and
//! `CAP_NET_RAW` there is nothing to enter: the process may make networks as it is. Without, a child makes a user
//! namespace and maps its ids, and only then the process follows. The user's own ids stand for themselves, so that files, `$HOME` and programs that
//! refuse to be root behave as before. Programs inherit what they need in networks; a user other than root loses the right, which
//! every user namespace brings, to override the permissions of files. Last, the kernel is told to kill the process when its parent dies.
//!
//! # Environment variables
//!
//! | Variable | Meaning | Default |
//! |---|---|---|
//! | `NETNS_TEST_UNSUPPORTED=fail\|skip` | what becomes of a test that this machine cannot run | `fail` |
//! | `NETNS_TEST_REQUIRE=1` | no test may be skipped, and no network may do without names or sysctls of its own: for CI | `0` |
//! | `NETNS_TEST_REQUIRE=NAME,..` | these [`Feature`]s must be on this machine: each network test is red where one is not, whether it asks or not | |
//! | `NETNS_TEST_SKIPPED=FILE` | where skipped tests are recorded, one a line, a tab before the reason | nowhere |
//! | `NETNS_TEST_ISOLATION=process\|thread` | `thread`: tests run in the process that you started, all of which enters; nobody enforces deadlines. For debuggers | `process` |
//! | `NETNS_TEST_TIMEOUT=SECONDS` | the deadline of tests that set none | `60` |
//! | `NETNS_TEST_TIME_SCALE=N` | what every limit is multiplied by | `1` |
//! | `NETNS_TEST_SEED=N` | from which everything follows that is left to chance: fates of packets, schedules. The report of a failed test names it | [`Topology::seed`], or another one for each network |
//! | `NETNS_TEST_ON_FAIL=report\|hold\|none` | what a failed test leaves: a report, the report and the live network until Enter, nothing | `report` |
//!
//! # Limits
//!
//! - Namespaces are Linux's. Elsewhere the crate compiles and its tests are ignored, with the reason.
//! - In a user namespace with one id there are no others: what that means for programs stands at [`Command`]. What the kernel keeps for the machine's
//!   root (`bpf`, `mknod`, modules, `SO_SNDBUFFORCE`) stays refused.
//! - Private are the network, the host name, `/etc/hosts`, `/etc/resolv.conf`, `/etc/nsswitch.conf`, `/sys`, `/proc/net`, and the process
//!   ids of programs in hosts. All other files are the machine's. Where the machine allows no mounts, these files are the machine's, too, and
//!   the report of a failed test says so.
//! - A thread in a host has a working directory of its own: `set_current_dir` there concerns nobody else.
//! - In many containers `/proc/sys` is read-only: networks work, sysctls do not. [`doctor`] says so. A network that is limited to
//!   IPv4 takes one, and is refused there.
//! - The kernel takes networks apart after the test has ended, in its own time. Nothing waits for it.
//!
//! Out of scope: simulated time and replayable schedules (packets are the kernel's), images and container engines, remote machines.
//! Files of captures are in scope and not there yet. How this crate compares with others is in
//! the README's "Prior art".
//!
//! # Implementation notes
//!
//! ```text
//!  Topology --plan()--> Plan --apply--> Network --host()/link()--> Host<'net>, Link<'net> --close()/drop--> nothing
//!  values       pure: every decision   owns descriptors            borrowed views
//!
//!  parent   spawns this program again for the one case, relays its output, judges, enforces the deadline
//!  child    before main: enter -> plan -> apply -> body on its own thread -> report if failed -> close -> outcome to the parent
//! ```
//!
//! A namespace has no name and no file: a netlink socket pins it, and closing the last descriptor is the whole undoing. Both ends of
//! a veth pair are made in place by one request, under their final names and numbers. A thread enters a namespace once and ends
//! there; no code goes back. The files that a node has for itself are in memory, in a mount namespace that is made when somebody first lives
//! there; its programs are in a PID namespace, whose first process the kernel kills when the thread that made it ends. Interface indexes and hardware addresses follow from the topology, so that captures and assertions
//! repeat.
//!
//! A module imports only from rows below its own. `tests/tidy.rs` enforces the table; `ARCHITECTURE.md` explains it.
//!
//! ```text
//! harness                           one test: parent, child, outcome
//! doctor keep measure               what this machine can do; a network for people to look at; links that measure themselves
//! current reach report require trouble  the calling test's network; pings, traces; evidence of a failure; features tried out
//! network                           the owner
//! link                              an interface to be changed
//! host                              a borrowed view of a node
//! program                           programs in nodes
//! apply                             from a plan to live parts
//! advertise dns wires                     router advertisements; servers for zones (feature `dns`); what wires are to be, made so
//! barrier blame settle              until all parties have arrived; where packets end; until the network carries packets
//! here worker                       where the calling thread is; threads that enter once
//! live                              the parts: namespaces, their sockets and runtimes
//! runtime                           async bodies; a runtime for each host that wants one
//! console entry machine probe task wait  the terminal; the way in; the way back; ICMP; results of tasks; limits
//! sys                               system calls and netlink: the only unsafe code
//! ===== effects above; below only values, testable on any machine without privilege =====
//! attempt diagnosis settings        trying again; judging a machine from gathered facts; the environment variables
//! plan                              every decision and every mistake
//! topology                          what was asked
//! impairment nft packet view wire zone                rule sets; what was seen, as values; packets as bytes; DNS zones as values
//! address chance                    addresses and subnets; numbers that follow from a seed
//! error                             the one error type
//! errno feature                     the kernel's error numbers; names of what a test can require
//! ```

// The published documentation says which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    any(not(target_os = "linux"), netns_test_elsewhere),
    allow(
        dead_code,
        unreachable_code,
        unused_variables,
        reason = "without the kernel's part most of the rest has no caller"
    )
)]

extern crate self as netns_test;

/// The README's examples compile, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

// A module imports only from those above its row: `tests/tidy.rs` holds the table.
mod errno;
mod feature;

mod error;
// --- values: what was asked, and what follows from it; testable on any machine ---
mod address;
mod chance;
mod impairment;
mod nft;
mod packet;
mod view;
mod wire;
#[cfg(feature = "dns")]
mod zone;

mod topology;

mod plan;

mod attempt;
mod diagnosis;
mod settings;
// --- effects: the kernel ---
#[cfg_attr(
    any(not(target_os = "linux"), netns_test_elsewhere),
    path = "sys/elsewhere.rs"
)]
mod sys;

mod console;
mod entry;
mod machine;
mod probe;
mod task;
mod wait;

mod relay;
mod runtime;
// --- a live network ---
mod live;

mod here;
mod worker;

mod advertise;
#[cfg(feature = "dns")]
mod dns;
mod wires;

mod barrier;
mod blame;
mod settle;

mod apply;

mod program;

mod host;

mod link;

mod network;

mod current;
mod reach;
mod report;
mod require;
mod trouble;

mod doctor;
mod keep;
mod measure;
// --- a test ---
mod harness;

pub use address::{Cidr, Family, Mac, ParseAddressError};
pub use attempt::Attempt;
pub use barrier::Barrier;
pub use blame::{Blame, Culprit, Explanation};
pub use diagnosis::{Check, CheckResult, DoctorReport};

pub use current::{Current, current};
#[cfg(feature = "dns")]
pub use dns::DnsServer;
pub use doctor::doctor;
pub use error::{Error, Result, TestError, TestResult};
pub use feature::Feature;
pub use host::{Host, Listening, RuleGuard};
pub use impairment::{Backend, Impairment, Jitter, Loss, Profile, Queue, RateTrace, Reorder};
pub use link::Link;
pub use measure::{ConfidenceInterval, DirectionReport, LinkReport, Measurement};
#[doc = include_str!("netns_test.md")]
pub use netns_test_macros::netns_test;
/// [`netns_test`](macro@netns_test) under the name that rstest, test-case and their like recognise.
pub use netns_test_macros::test;
pub use network::{Network, run};
#[doc(inline)]
pub use packet::header as headers;
pub use packet::{Match, Packet, PacketAction, PacketMut, PacketRule};
pub use plan::Plan;
pub use probe::{
    PathMtu, Ping, PingAnswer, PingRedirect, PingReport, Reachability, ReachabilityMatrix,
    Responder, TraceAnswer, TraceHop, TraceReport, Traceroute,
};
pub use program::{Command, Process, require_program};
pub use reach::{Explain, PathReport};
pub use require::require;
#[cfg(feature = "tokio")]
pub use runtime::eventually_async;
#[cfg(feature = "tokio")]
pub use task::Task;
#[doc(inline)]
pub use topology::ready as topologies;
pub use topology::{
    Addresses, AdvertisementSpec, BridgeSpec, ConnectionState, Direction, DockerBridge, Firewall,
    HostSpec, InterfaceSpec, LinkEnd, Mistake, NatBehaviour, NatKind, NatSpec, Ports, RouteSpec,
    Rule, RuleSpec, Topology,
};
pub use trouble::{
    Grudge, Held, PacketRuleGuard, PlayedStep, Playing, RecordedPacket, Recording, Schedule, Step,
    Timing, Trouble,
};
pub use view::{
    AddressFlags, AddressOrigin, Bridge, BridgePort, Connection, Counters, Flow, Hardware,
    Interface, InterfaceAddress, InterfaceFlags, LinkMode, Master, Neighbour, NeighbourState,
    NextHop, OperState, Peer, PolicyRule, PolicyRules, PortState, Route, RouteKind, RouteOrigin,
    RoutePreference, RouteTable, RuleAction, RuleCounter, Scope, Socket, SocketProtocol,
    SocketState, WayCounters, WireCounters,
};
pub use wait::eventually;
pub use wire::UnreachableReason;
#[cfg(feature = "dns")]
pub use zone::{DnsQuery, DnsTransport, RecordType, Zone, Zones};

/// What the attribute expands to. Not for people: it changes with every release.
#[doc(hidden)]
#[allow(missing_docs, reason = "not public API")]
pub mod __private {
    #[cfg(feature = "tokio")]
    pub use crate::harness::block_on;
    pub use crate::harness::{
        AnyOther, Case, Ending, Look, Outcome, ShouldPanic, Variant, outcome, run,
    };
    pub use crate::runtime::Flavor;
    #[cfg(not(feature = "tokio"))]
    pub use crate::runtime::block_on;
}
