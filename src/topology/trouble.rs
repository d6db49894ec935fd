//! Trouble that was asked for: which cables are wires, and what is wrong with them.

use std::panic::Location;

use crate::impairment::{Backend, Impairment, Profile};
use crate::topology::{HostSpec, InterfaceSpec, Topology};

/// What an interface, all interfaces of a host or all cables were asked to suffer.
#[derive(Clone, Debug, Default)]
pub(crate) struct TroubleSpec {
    /// The cable is a wire, even if nothing is wrong with it.
    pub(crate) is_wire: bool,
    /// Of what the node sends.
    pub(crate) egress: Option<Asked>,
    /// Of what it receives.
    pub(crate) ingress: Option<Asked>,
}

/// An impairment and the line that asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) what: Impairment,
    pub(crate) at: &'static Location<'static>,
}

impl TroubleSpec {
    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            is_wire: self.is_wire || other.is_wire,
            egress: self.egress.or(other.egress),
            ingress: self.ingress.or(other.ingress),
        }
    }

    #[track_caller]
    fn both_ways(mut self, what: Profile) -> Self {
        let at = Location::caller();
        let Profile { egress, ingress } = what;
        self.egress = Some(Asked { what: egress, at });
        self.ingress = Some(Asked { what: ingress, at });
        self
    }
}

impl InterfaceSpec {
    /// Makes its cable a wire, which can be impaired, cut and listened to while the network lives.
    ///
    /// Between the two ends of a wire, in a namespace where nobody's code runs, the kernel or a thread of this crate hands packets
    /// on. Hosts see nothing of it but what becomes of their packets.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new()
    ///     .segment("lan", ())
    ///     .host("a", |h| h.attach_with("lan", |i| i.wire()))
    ///     .host("b", |h| h.join("lan"));
    /// assert!(lab.plan().unwrap().to_string().contains("wire1"));
    /// ```
    #[must_use = "builder methods return the changed interface"]
    pub fn wire(mut self) -> Self {
        self.trouble.is_wire = true;
        self
    }

    /// Impairs its cable, in both directions: a delay of 20 ms makes round trips of 40 ms.
    ///
    /// A [`Profile`] says what the node sends and receives, `Profile::dsl()` for one; an [`Impairment`] means the same both ways.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, LinkEnd, Topology};
    /// use std::time::Duration;
    ///
    /// let slow = Impairment::new().delay(Duration::from_millis(20));
    /// let lab = Topology::new()
    ///     .host("a", |h| h)
    ///     .host("b", |h| h)
    ///     .link(LinkEnd::new("a", |i| i.impair(slow)), "b");
    /// assert!(lab.plan().is_ok());
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn impair(mut self, what: impl Into<Profile>) -> Self {
        self.trouble = self.trouble.both_ways(what.into());
        self
    }

    /// Impairs what the node sends by this interface.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, LinkEnd, Loss, Topology};
    ///
    /// let lossy = Impairment::new().loss(Loss::random(0.1));
    /// Topology::new()
    ///     .host("a", |h| h)
    ///     .host("b", |h| h)
    ///     .link(LinkEnd::new("a", |i| i.impair_egress(lossy)), "b");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn impair_egress(mut self, what: Impairment) -> Self {
        let at = Location::caller();
        self.trouble.egress = Some(Asked { what, at });
        self
    }

    /// Impairs what the node receives by this interface.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, LinkEnd, Topology};
    ///
    /// let narrow = Impairment::new().rate(1_000_000);
    /// Topology::new()
    ///     .host("a", |h| h)
    ///     .host("b", |h| h)
    ///     .link(LinkEnd::new("a", |i| i.impair_ingress(narrow)), "b");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed interface"]
    pub fn impair_ingress(mut self, what: Impairment) -> Self {
        let at = Location::caller();
        self.trouble.ingress = Some(Asked { what, at });
        self
    }
}

impl HostSpec {
    /// Impairs all interfaces of the host, in both directions. What an interface says itself goes before.
    ///
    /// A [`Profile`] says what the host sends and receives, `Profile::dsl()` for one; an [`Impairment`] means the same both ways.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Profile, Topology};
    /// use std::time::Duration;
    ///
    /// let far = Impairment::new().delay(Duration::from_millis(100));
    /// Topology::lan(["a", "b"]).host("c", |h| h.join("lan").impair(far));
    ///
    /// let phone = Topology::lan(["phone", "server"]).change("phone", |h| h.impair(Profile::three_g()));
    /// # assert!(phone.plan().is_ok());
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed host"]
    pub fn impair(mut self, what: impl Into<Profile>) -> Self {
        self.trouble = self.trouble.both_ways(what.into());
        self
    }
}

impl Topology {
    /// Makes every cable a wire; see [`InterfaceSpec::wire`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Loss, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let deaf = Impairment::new().loss(Loss::random(1.0));
    /// let _trouble = net.host("a").link("eth0").impair_ingress(deaf).unwrap();
    /// assert_eq!(net.host("a").ping_with("b", |p| p.count(1)).unwrap().received(), 0);
    /// # }).unwrap();
    /// ```
    #[must_use = "builder methods return the changed topology"]
    pub fn wires(mut self) -> Self {
        self.trouble.is_wire = true;
        self
    }

    /// Impairs every cable, in both directions. What a host or an interface says itself goes before.
    ///
    /// On the way between two hosts on a switch are two cables, between two hosts alone one: a third host doubles what the two suffer.
    /// A [`Profile`] sends and receives differently, and is for one end: [`HostSpec::impair`], by
    /// [`change`](Topology::change) of a topology that is there already.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Topology};
    /// use std::time::Duration;
    ///
    /// let slow = Impairment::new().delay(Duration::from_millis(5));
    /// # netns_test::run(&Topology::lan(["a", "b"]).impair(slow), |net| {
    /// let report = net.host("a").ping("b").unwrap();
    /// assert!(report.min().unwrap() >= Duration::from_millis(10));
    /// # }).unwrap();
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed topology"]
    pub fn impair(mut self, what: Impairment) -> Self {
        self.trouble = self.trouble.both_ways(what.into());
        self
    }

    /// Says what makes packets suffer on wires: by default the kernel where it can, this crate's own thread where it cannot.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Backend, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires().backend(Backend::Wire), |net| {
    /// assert_eq!(net.host("a").link("eth0").backend().unwrap(), Backend::Wire);
    /// # }).unwrap();
    /// ```
    #[must_use = "builder methods return the changed topology"]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Fixes the seed of everything that is left to chance. `NETNS_TEST_SEED` goes before.
    ///
    /// Without either, each network has another seed, which the report of a failed test names.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::new().seed(7), |net| {
    /// # if std::env::var_os("NETNS_TEST_SEED").is_none() {
    /// assert_eq!(net.seed(), 7);
    /// # }
    /// # }).unwrap();
    /// ```
    #[must_use = "builder methods return the changed topology"]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}
