//! What a schedule does at one of its times.

use std::fmt;
use std::sync::Arc;

use super::Timing;
use crate::error::TestResult;
use crate::impairment::{Impairment, Profile, RateTrace};
use crate::network::Network;
use crate::trouble::impair::Side;
use crate::trouble::partition::{Grudge, listed, names};

/// What a closure of a schedule does.
pub(super) type Call = Arc<dyn Fn(&Network) -> TestResult + Send + Sync>;

/// A step of a [`Schedule`](crate::Schedule): trouble that begins, or ends.
///
/// Nodes and interfaces are named; whether there are such is checked when the schedule is played. What begins lasts until the schedule
/// [heals](Self::heal) or [ends](Self::end) it, for the time that it was [given](Self::lasting), or until the schedule's guard is dropped.
///
/// # Examples
///
/// ```
/// use netns_test::Step;
/// use std::time::Duration;
///
/// let step = Step::cut("a", "eth0").lasting(Duration::from_millis(300));
/// assert_eq!(step.to_string(), "cut interface `eth0` of node `a` for 300ms");
/// ```
#[derive(Clone)]
#[must_use = "a step does something once a schedule has it"]
pub struct Step {
    pub(super) what: What,
    pub(super) lasting: Option<Timing>,
    pub(super) name: Option<String>,
}

/// An interface by its names.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) node: String,
    pub(super) interface: String,
}

#[derive(Clone)]
pub(super) enum What {
    Cut(Place),
    Impair(Place, Vec<(Side, Impairment)>),
    ImpairHost(String, Box<Profile>),
    Rates(Place, Vec<Side>, RateTrace),
    Partition(Grudge, String),
    RandomHalves,
    Isolate(String),
    Pause(String),
    End(String),
    Heal,
    Run(String, Call),
}

impl Step {
    /// Cuts a cable: see [`Link::cut`](crate::Link::cut).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Step;
    ///
    /// assert_eq!(Step::cut("a", "eth0").to_string(), "cut interface `eth0` of node `a`");
    /// ```
    pub fn cut(node: &str, interface: &str) -> Self {
        Self::new(What::Cut(Place::new(node, interface)))
    }

    /// Impairs a cable in both directions: see [`Link::impair`](crate::Link::impair).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Step};
    /// use std::time::Duration;
    ///
    /// let slow = Impairment::new().delay(Duration::from_millis(50));
    /// println!("{}", Step::impair("a", "eth0", slow));
    /// ```
    pub fn impair(node: &str, interface: &str, what: impl Into<Profile>) -> Self {
        let what = what.into();
        let sides = vec![
            (Side::Egress, what.egress().clone()),
            (Side::Ingress, what.ingress().clone()),
        ];
        Self::new(What::Impair(Place::new(node, interface), sides))
    }

    /// Impairs what an interface sends: see [`Link::impair_egress`](crate::Link::impair_egress).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Step};
    /// use std::time::Duration;
    ///
    /// let slow = Impairment::new().delay(Duration::from_millis(50));
    /// println!("{}", Step::impair_egress("a", "eth0", slow));
    /// ```
    pub fn impair_egress(node: &str, interface: &str, what: Impairment) -> Self {
        let place = Place::new(node, interface);
        Self::new(What::Impair(place, vec![(Side::Egress, what)]))
    }

    /// Impairs what an interface receives: see [`Link::impair_ingress`](crate::Link::impair_ingress).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Step};
    /// use std::time::Duration;
    ///
    /// let slow = Impairment::new().delay(Duration::from_millis(50));
    /// println!("{}", Step::impair_ingress("a", "eth0", slow));
    /// ```
    pub fn impair_ingress(node: &str, interface: &str, what: Impairment) -> Self {
        let place = Place::new(node, interface);
        Self::new(What::Impair(place, vec![(Side::Ingress, what)]))
    }

    /// Impairs all cables of a host in both directions: see [`Host::impair`](crate::Host::impair).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Profile, Step};
    ///
    /// println!("{}", Step::impair_host("a", Profile::four_g()));
    /// ```
    pub fn impair_host(node: &str, what: impl Into<Profile>) -> Self {
        Self::new(What::ImpairHost(node.to_owned(), Box::new(what.into())))
    }

    /// Lets a cable follow a trace of rates in both directions: see [`Link::play_rate`](crate::Link::play_rate).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{RateTrace, Step};
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// let trace = RateTrace::new([(second, 5_000_000), (second, 1_000_000)]).repeated();
    /// println!("{}", Step::play_rate("a", "eth0", trace));
    /// ```
    pub fn play_rate(node: &str, interface: &str, trace: RateTrace) -> Self {
        let sides = vec![Side::Egress, Side::Ingress];
        Self::new(What::Rates(Place::new(node, interface), sides, trace))
    }

    /// Lets what an interface sends follow a trace of rates: see [`Link::play_rate_egress`](crate::Link::play_rate_egress).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{RateTrace, Step};
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// let trace = RateTrace::new([(second, 5_000_000), (second, 1_000_000)]).repeated();
    /// println!("{}", Step::play_rate_egress("a", "eth0", trace));
    /// ```
    pub fn play_rate_egress(node: &str, interface: &str, trace: RateTrace) -> Self {
        let place = Place::new(node, interface);
        Self::new(What::Rates(place, vec![Side::Egress], trace))
    }

    /// Lets what an interface receives follow a trace of rates: see [`Link::play_rate_ingress`](crate::Link::play_rate_ingress).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{RateTrace, Step};
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// let trace = RateTrace::new([(second, 5_000_000), (second, 1_000_000)]).repeated();
    /// println!("{}", Step::play_rate_ingress("a", "eth0", trace));
    /// ```
    pub fn play_rate_ingress(node: &str, interface: &str, trace: RateTrace) -> Self {
        let place = Place::new(node, interface);
        Self::new(What::Rates(place, vec![Side::Ingress], trace))
    }

    /// Keeps two sides apart: see [`Network::partition`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Step;
    ///
    /// let step = Step::partition(["a", "b"], ["c"]);
    /// assert!(step.to_string().contains("a, b | c"));
    /// ```
    pub fn partition<A: AsRef<str>, B: AsRef<str>>(
        one: impl IntoIterator<Item = A>,
        other: impl IntoIterator<Item = B>,
    ) -> Self {
        let (one, other) = (names(one), names(other));
        let text = format!("{} | {}", listed(&one), listed(&other));
        Self::new(What::Partition(Grudge::between(one, other), text))
    }

    /// Keeps from each node what it is not to hear: see [`Network::apply_grudge`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Grudge, Step};
    ///
    /// println!("{}", Step::grudge(&Grudge::majorities_ring(["a", "b", "c"])));
    /// ```
    pub fn grudge(grudge: &Grudge) -> Self {
        Self::new(What::Partition(grudge.clone(), grudge.to_string()))
    }

    /// Keeps two halves of the hosts apart, others each time: the seed chooses. The hosts are those of [`Network::halves`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step};
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// let chaos = Schedule::new().at(Duration::ZERO, Step::random_halves()).every(second).repeated(3);
    /// println!("{chaos}");
    /// ```
    pub fn random_halves() -> Self {
        Self::new(What::RandomHalves)
    }

    /// Keeps a node from all others: see [`Network::isolate`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Step;
    ///
    /// println!("{}", Step::isolate("a"));
    /// ```
    pub fn isolate(node: &str) -> Self {
        Self::new(What::Isolate(node.to_owned()))
    }

    /// Lets a host stand still: see [`Host::pause`](crate::Host::pause).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Step;
    ///
    /// use std::time::Duration;
    /// println!("{}", Step::pause("a").lasting(Duration::from_secs(1)));
    /// ```
    pub fn pause(host: &str) -> Self {
        Self::new(What::Pause(host.to_owned()))
    }

    /// Ends the trouble of the step of that [name](Self::named).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step};
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// Schedule::new().at(ms(0), Step::isolate("a").named("alone")).at(ms(300), Step::end("alone"));
    /// ```
    pub fn end(name: &str) -> Self {
        Self::new(What::End(name.to_owned()))
    }

    /// Ends all trouble that the schedule began. What others did stays.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step};
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// Schedule::new().at(ms(200), Step::cut("a", "eth0")).at(ms(500), Step::heal());
    /// ```
    pub fn heal() -> Self {
        Self::new(What::Heal)
    }

    /// Runs a closure in the root, as a test's body: for what no other step does. The name is how people know it.
    ///
    /// An error or a panic is the schedule's failure. Guards that it drops have ended what they stand for; what it keeps lasts.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Schedule, Step, Topology};
    /// use std::time::Duration;
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]), |net| {
    /// let look = Step::run("look for b", |net| Ok(net.host("a").ping("b")?.assert_lossless()));
    /// net.play(Schedule::new().at(Duration::ZERO, look)).unwrap().wait().unwrap();
    /// # }).unwrap();
    /// ```
    pub fn run(name: &str, body: impl Fn(&Network) -> TestResult + Send + Sync + 'static) -> Self {
        Self::new(What::Run(name.to_owned(), Arc::new(body)))
    }

    /// Ends the trouble so much later.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Step;
    /// use std::time::Duration;
    ///
    /// let ms = Duration::from_millis;
    /// // The seed chooses.
    /// println!("{}", Step::isolate("a").lasting(ms(100)..=ms(300)));
    /// ```
    pub fn lasting(mut self, time: impl Into<Timing>) -> Self {
        self.lasting = Some(time.into());
        self
    }

    /// Gives the trouble a name, by which another step can [end](Self::end) it.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Step;
    ///
    /// println!("{}", Step::isolate("a").named("alone"));
    /// ```
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    fn new(what: What) -> Self {
        Self {
            what,
            lasting: None,
            name: None,
        }
    }

    /// Whether there is anything to end.
    pub(super) fn begins_trouble(&self) -> bool {
        !matches!(self.what, What::End(_) | What::Heal | What::Run(..))
    }

    pub(super) fn is_random(&self) -> bool {
        self.lasting.is_some_and(Timing::is_random) || matches!(self.what, What::RandomHalves)
    }
}

impl Place {
    fn new(node: &str, interface: &str) -> Self {
        Self {
            node: node.to_owned(),
            interface: interface.to_owned(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interface `{}` of node `{}`", self.interface, self.node)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Cut(place) => write!(f, "cut {place}")?,
            What::Impair(place, sides) => {
                write!(f, "impair {place} with ")?;
                match &sides[..] {
                    [(_, one), (_, other)] if one == other => write!(f, "{one}")?,
                    [(_, one), (_, other)] => write!(f, "{one} out, {other} in")?,
                    [(Side::Ingress, what)] => write!(f, "{what} in")?,
                    sides => sides.iter().try_for_each(|it| write!(f, "{} out", it.1))?,
                }
            }
            What::ImpairHost(node, what) => write!(f, "impair node `{node}` with {what}")?,
            What::Rates(place, sides, trace) => {
                let way = match &sides[..] {
                    [Side::Egress] => " out",
                    [Side::Ingress] => " in",
                    _ => "",
                };
                write!(f, "play {trace}{way} on {place}")?;
            }
            What::Partition(_, text) => write!(f, "partition {text}")?,
            What::RandomHalves => f.write_str("partition random halves")?,
            What::Isolate(node) => write!(f, "isolate node `{node}`")?,
            What::Pause(host) => write!(f, "pause host `{host}`")?,
            What::End(name) => write!(f, "end `{name}`")?,
            What::Heal => f.write_str("heal")?,
            What::Run(name, _) => write!(f, "run `{name}`")?,
        }
        match self.lasting {
            Some(time) => write!(f, " for {time}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Step({self})")
    }
}
