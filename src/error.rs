//! The one error type, and the error that test bodies return.

mod panicked;

use std::fmt;
use std::io;
use std::panic::Location;

pub(crate) use panicked::panic_text;

use crate::errno::EMFILE;
use crate::feature::Feature;

/// What helps a process that has as many files open as it may.
const OPEN_FILES: &str = "raise the limit of open files of a process, which `ulimit -n` shows, or let the test keep fewer open";

/// The result of everything in this crate that can fail.
///
/// # Examples
///
/// ```
/// fn mtu() -> netns_test::Result<u32> {
///     let network = netns_test::Topology::lan(["a", "b"]).build()?;
///     let interface = network.host("a").interface("eth0")?;
///     network.close()?;
///     Ok(interface.mtu)
/// }
/// assert_eq!(mtu().unwrap(), 1500);
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in prose: what was being done, the cause, and what to do about it.
///
/// The text reads ``failed to <verb> <object> `<name>`: <cause>``, followed by `help:` lines where there is a remedy. `Debug`
/// prints what `Display` prints, because a test harness shows a returned error with `{:?}`. The type is opaque; ask it with the
/// `is_*` methods.
///
/// # Examples
///
/// ```
/// let error = netns_test::Topology::new().host("not/a/name", |h| h).plan().unwrap_err();
/// assert!(error.is_topology());
/// assert!(error.to_string().contains("not/a/name"));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    what: String,
    cause: String,
    help: Vec<String>,
    missing: Vec<Feature>,
    source: Option<io::Error>,
}

/// The groups that callers can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The topology contains mistakes.
    Topology,
    /// This machine refuses to give us a network.
    Refused,
    /// The kernel lacks a part that was asked for, or the machine a program.
    Unsupported,
    /// No node, link or interface has that name.
    UnknownName,
    /// A setting that makes no sense.
    Invalid,
    /// A wait reached its limit.
    TimedOut,
    /// A program did not do what it was to do.
    Program,
    /// A task panicked, and nobody joined it.
    Panicked,
    /// The kernel refused one step.
    Kernel,
}

impl Error {
    /// `what` completes "failed to ...".
    pub(crate) fn new(kind: Kind, what: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self(Box::new(Inner {
            kind,
            what: what.into(),
            cause: cause.to_string(),
            help: Vec::new(),
            missing: Vec::new(),
            source: None,
        }))
    }

    /// A system call or netlink request that the kernel refused.
    pub(crate) fn kernel(what: impl Into<String>, cause: io::Error) -> Self {
        let mut error = Self::new(Kind::Kernel, what, errno_text(&cause));
        if cause.raw_os_error() == Some(EMFILE) {
            // It can meet every call that opens something.
            error = error.help(OPEN_FILES);
        }
        error.0.source = Some(cause);
        error
    }

    /// Adds the sentence in which the kernel explains its refusal.
    pub(crate) fn because(mut self, sentence: &str) -> Self {
        self.0.cause = format!("{} ({sentence})", self.0.cause);
        self
    }

    /// An unknown name, with the names that would have been right.
    pub(crate) fn unknown_name(what: impl Into<String>, known: &[&str]) -> Self {
        let cause = match known {
            [] => "there is none".to_owned(),
            known => format!("no such name (known: {})", known.join(", ")),
        };
        Self::new(Kind::UnknownName, what, cause)
    }

    /// Names the node in which it happened.
    pub(crate) fn inside(mut self, node: &str) -> Self {
        self.0.what.push_str(&format!(" in node `{node}`"));
        self
    }

    /// Names what it happened to, which is no node.
    pub(crate) fn happened_to(mut self, whom: &str) -> Self {
        self.0.what.push_str(&format!(" for {whom}"));
        self
    }

    /// Adds a remedy.
    pub(crate) fn help(mut self, remedy: impl Into<String>) -> Self {
        self.0.help.push(remedy.into());
        self
    }

    /// Names the features whose lack it is.
    pub(crate) fn lacking(mut self, features: Vec<Feature>) -> Self {
        self.0.missing = features;
        self
    }

    /// Why, without what was being done.
    pub(crate) fn cause(&self) -> &str {
        &self.0.cause
    }

    /// The text without remedies, on one line, and the best remedy.
    pub(crate) fn in_brief(&self) -> (String, Option<String>) {
        let cause = self.0.cause.replace("\n  ", "; ");
        let text = format!("failed to {}: {cause}", self.0.what);
        (text, self.0.help.first().cloned())
    }

    /// Whether the topology itself contains mistakes; they are all listed in the text.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = netns_test::Topology::new().bridge("br0", "no address").plan().unwrap_err();
    /// assert!(error.is_topology());
    /// ```
    pub fn is_topology(&self) -> bool {
        self.0.kind == Kind::Topology
    }

    /// Whether this machine refuses to give an ordinary process a network of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// match netns_test::Topology::new().build() {
    ///     Ok(network) => network.close()?,
    ///     Err(error) if error.is_refused() => println!("no networks here: {error}"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok::<(), netns_test::Error>(())
    /// ```
    pub fn is_refused(&self) -> bool {
        self.0.kind == Kind::Refused
    }

    /// Whether this machine lacks a part that was asked for: a feature of [`require`](crate::require), a program of
    /// [`require_program`](crate::require_program), or routers of IPv6.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// if let Err(error) = net.host("a").ping("b") {
    ///     assert!(!error.is_unsupported());
    /// }
    /// # }).unwrap();
    /// ```
    pub fn is_unsupported(&self) -> bool {
        self.0.kind == Kind::Unsupported
    }

    /// The features that this machine lacks, if that is the error: those that were asked for by [`require`](crate::require) or by the attribute's
    /// `requires(..)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Feature, require};
    ///
    /// match require([Feature::Netem, Feature::Wireguard]) {
    ///     Ok(()) => println!("both are there"),
    ///     Err(error) => println!("missing: {:?}", error.missing_features()),
    /// }
    /// ```
    pub fn missing_features(&self) -> &[Feature] {
        &self.0.missing
    }

    /// Whether the machine is the reason: such an error may skip a test, if the environment says so.
    pub(crate) fn is_lack(&self) -> bool {
        self.is_refused() || self.is_unsupported()
    }

    /// Whether a name was not found; the text lists the known ones.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert!(net.find_host("c").unwrap_err().is_unknown_name());
    /// # }).unwrap();
    /// ```
    pub fn is_unknown_name(&self) -> bool {
        self.0.kind == Kind::UnknownName
    }

    /// Whether a wait reached its limit; the text says what was waited for.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use std::thread;
    ///
    /// let network = netns_test::Topology::new().build()?;
    /// let (done, until_done) = mpsc::channel::<()>();
    /// let left = network.root().run(move || thread::spawn(move || until_done.recv()));
    /// assert!(network.close().unwrap_err().is_timed_out());
    /// # drop(done);
    /// # drop(left.join());
    /// # Ok::<(), netns_test::Error>(())
    /// ```
    pub fn is_timed_out(&self) -> bool {
        self.0.kind == Kind::TimedOut
    }

    /// The kernel's error number behind this error, as in [errno(3)].
    ///
    /// [errno(3)]: https://man7.org/linux/man-pages/man3/errno.3.html
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// // The kernel has the address already: EEXIST.
    /// let error = net.host("a").link("eth0").add_address("10.1.0.1/16").unwrap_err();
    /// assert_eq!(error.raw_os_error(), Some(17));
    /// # }).unwrap();
    /// ```
    pub fn raw_os_error(&self) -> Option<i32> {
        self.0.source.as_ref().and_then(io::Error::raw_os_error)
    }
}

/// The text of an I/O error without Rust's ` (os error N)`.
pub(crate) fn errno_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}: {}", self.0.what, self.0.cause)?;
        for remedy in &self.0.help {
            write!(f, "\n  help: {remedy}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The cause is part of the text, so there is no `source()` that would say it a second time.
impl std::error::Error for Error {}

/// What a test body returns when it uses `?` on errors of any type.
///
/// # Examples
///
/// ```
/// use netns_test::TestResult;
///
/// fn body() -> TestResult {
///     let number: u16 = "80".parse()?;
///     assert_eq!(number, 80);
///     Ok(())
/// }
/// # body().unwrap();
/// ```
pub type TestResult<T = ()> = std::result::Result<T, TestError>;

/// Any error, with the line of the `?` that returned it.
///
/// It converts from every error type, so that it is not itself a [`std::error::Error`] (the two would overlap). `Debug`, which
/// the harness prints, gives the error's text, its causes, and the file and line of the `?`.
///
/// # Examples
///
/// ```
/// fn body() -> netns_test::TestResult {
///     "not a number".parse::<u16>()?;
///     Ok(())
/// }
/// let text = format!("{:?}", body().unwrap_err());
/// assert!(text.starts_with("invalid digit found in string"));
/// assert!(text.contains("returned by `?` at "));
/// ```
pub struct TestError {
    error: Box<dyn std::error::Error + Send + Sync>,
    location: &'static Location<'static>,
}

impl TestError {
    /// Whether it is an error of ours, and the machine its reason.
    pub(crate) fn is_lack(&self) -> bool {
        let ours = self.error.downcast_ref::<Error>();
        ours.is_some_and(Error::is_lack)
    }
}

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for TestError {
    #[track_caller]
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            location: Location::caller(),
        }
    }
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl fmt::Debug for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        let mut cause = self.error.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        write!(f, "\n  returned by `?` at {}", self.location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_send_sync<T: Send + Sync>() {}

    #[test]
    fn errors_cross_threads() {
        assert_send_sync::<Error>();
        assert_send_sync::<TestError>();
    }

    #[test]
    fn a_kernel_error_reads_as_prose_and_debug_is_display() {
        let error = Error::kernel("create bridge `br0`", io::Error::from_raw_os_error(95))
            .help("load the module");
        assert_eq!(
            error.to_string(),
            "failed to create bridge `br0`: Operation not supported\n  help: load the module"
        );
        assert_eq!(format!("{error:?}"), error.to_string());
        assert_eq!(error.raw_os_error(), Some(95));
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = Error::unknown_name("find host `ns3`", &["ns1", "ns2"]);
        assert_eq!(
            error.to_string(),
            "failed to find host `ns3`: no such name (known: ns1, ns2)"
        );
        assert!(error.is_unknown_name());
    }
}
