//! Impairing links of a live network.

use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::impairment::{Backend, Impairment, Profile};
use crate::link::Link;
use crate::packet::Way;
use crate::trouble::Trouble;
use crate::wires;

/// What goes which way, seen from an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// What it sends.
    Egress,
    /// What it receives.
    Ingress,
}

impl<'net> Link<'net> {
    /// Impairs its cable in both directions, until the guard is dropped: a delay of 20 ms makes round trips of 40 ms.
    ///
    /// It takes the place of what the topology or an earlier call asked for, which comes back with the guard's end. What is under way
    /// arrives as before.
    ///
    /// While a wire is impaired, one packet is one frame: the hosts at both ends segment and checksum what they send themselves
    /// (`ethtool -K tx off tso off gso off`). Everything suffers, ARP and IPv6 neighbour discovery too.
    ///
    /// # Errors
    ///
    /// The cable is not a wire ([`InterfaceSpec::wire`](crate::InterfaceSpec::wire)), the impairment makes no sense, or the kernel
    /// refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Topology};
    /// use std::time::Duration;
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let slow = Impairment::new().delay(Duration::from_millis(20));
    /// let trouble = net.host("a").link("eth0").impair(slow).unwrap();
    /// assert!(net.host("a").ping("b").unwrap().min().unwrap() >= Duration::from_millis(40));
    /// trouble.heal().unwrap();
    /// # }).unwrap();
    /// ```
    #[doc(alias = "netem")]
    #[doc(alias = "tc qdisc")]
    pub fn impair(self, what: impl Into<Profile>) -> Result<Trouble<'net>> {
        let what = what.into();
        let sides = [
            (Side::Egress, what.egress()),
            (Side::Ingress, what.ingress()),
        ];
        self.impair_sides(&sides, &what.mistakes())
    }

    /// Impairs what this interface sends, until the guard is dropped.
    ///
    /// # Errors
    ///
    /// As [`impair`](Self::impair).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Loss, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let mute = Impairment::new().loss(Loss::random(1.0));
    /// let _trouble = net.host("a").link("eth0").impair_egress(mute).unwrap();
    /// assert_eq!(net.host("a").ping_with("b", |p| p.count(1)).unwrap().received(), 0);
    /// # }).unwrap();
    /// ```
    pub fn impair_egress(self, what: Impairment) -> Result<Trouble<'net>> {
        self.impair_sides(&[(Side::Egress, &what)], &what.mistakes())
    }

    /// Impairs what this interface receives, until the guard is dropped.
    ///
    /// # Errors
    ///
    /// As [`impair`](Self::impair).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Topology};
    /// use std::time::Duration;
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let slow = Impairment::new().delay(Duration::from_millis(30));
    /// let _trouble = net.host("a").link("eth0").impair_ingress(slow).unwrap();
    /// assert!(net.host("a").ping("b").unwrap().min().unwrap() >= Duration::from_millis(30));
    /// # }).unwrap();
    /// ```
    pub fn impair_ingress(self, what: Impairment) -> Result<Trouble<'net>> {
        self.impair_sides(&[(Side::Ingress, &what)], &what.mistakes())
    }

    /// Runs code while the cable is impaired in both directions; it is healed before this returns, after a panic, too.
    ///
    /// # Errors
    ///
    /// As [`impair`](Self::impair).
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Loss, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let (a, deaf) = (net.host("a"), Impairment::new().loss(Loss::random(1.0)));
    /// let lost = a.link("eth0").impaired(deaf, || a.ping_with("b", |p| p.count(1)).unwrap()).unwrap();
    /// assert_eq!(lost.received(), 0);
    /// a.ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn impaired<T>(self, what: impl Into<Profile>, body: impl FnOnce() -> T) -> Result<T> {
        let trouble = self.impair(what)?;
        let result = body();
        trouble.heal()?;
        Ok(result)
    }

    /// What carries the packets of its wire now: the kernel or this crate's own thread.
    ///
    /// # Errors
    ///
    /// The cable is not a wire.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Backend, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b"]).wires(), |net| {
    /// let backend = net.host("a").link("eth0").backend().unwrap();
    /// assert!([Backend::Kernel, Backend::Wire].contains(&backend));
    /// # }).unwrap();
    /// ```
    pub fn backend(self) -> Result<Backend> {
        let (wire, _) = self.wire("tell what carries")?;
        let line = self.host().parts().relay.line(wire);
        Ok(line.driver.unwrap_or_default())
    }

    pub(super) fn impair_sides(
        self,
        sides: &[(Side, &Impairment)],
        mistakes: &[String],
    ) -> Result<Trouble<'net>> {
        let (wire, end) = self.wire("impair")?;
        if !mistakes.is_empty() {
            let what = format!("impair {}", self.called());
            return Err(Error::new(Kind::Invalid, what, mistakes.join("; ")));
        }
        let parts = self.host().parts();
        let numbers: Vec<u64> = wires::change(parts, wire, |line| {
            let added = sides
                .iter()
                .map(|(side, what)| line.impair(side.way(end), (*what).clone()));
            added.collect()
        })?;
        let named = format!("{} is impaired: {}", self.called(), told(sides));
        Ok(Trouble::begun(parts, named, move |parts| {
            wires::change(parts, wire, |line| {
                numbers.iter().for_each(|number| line.relieve(*number));
            })
        }))
    }

    /// The wire of its cable, and which end of it this is.
    pub(crate) fn wire(self, verb: &str) -> Result<(usize, usize)> {
        let parts = self.host().parts();
        let found = parts.plan.wire_of(self.host().node(), self.index());
        found.ok_or_else(|| {
            let what = format!("{verb} {}", self.called());
            Error::new(Kind::Invalid, what, "its cable is not a wire").help(
                "`.wire()` on the interface makes it one, `.wires()` on the topology all of them",
            )
        })
    }

    pub(crate) fn called(self) -> String {
        format!(
            "interface `{}` of node `{}`",
            self.name(),
            self.host().name()
        )
    }
}

impl<'net> Host<'net> {
    /// Impairs all cables of the host in both directions, until the guard is dropped.
    ///
    /// # Errors
    ///
    /// One of its cables is not a wire, or it has none; and as [`Link::impair`].
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Loss, Topology};
    ///
    /// # netns_test::run(&Topology::lan(["a", "b", "c"]).wires(), |net| {
    /// let gone = Impairment::new().loss(Loss::random(1.0));
    /// let _trouble = net.host("a").impair(gone).unwrap();
    /// assert_eq!(net.host("b").ping_with("a", |p| p.count(1)).unwrap().received(), 0);
    /// net.host("b").ping("c").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn impair(self, what: impl Into<Profile>) -> Result<Trouble<'net>> {
        let what = what.into();
        let cables = self.cables();
        let troubles = cables
            .iter()
            .map(|name| self.find_link(name)?.impair(what.clone()));
        let troubles: Vec<Trouble<'net>> = troubles.collect::<Result<_>>()?;
        if troubles.is_empty() {
            let what = format!("impair node `{}`", self.name());
            return Err(Error::new(Kind::Invalid, what, "it has no cables"));
        }
        let named = format!("node `{}` is impaired: {what}", self.name());
        Ok(Trouble::of(self.parts(), named, troubles))
    }

    /// The interfaces that its own cables are plugged into.
    pub(super) fn cables(self) -> Vec<String> {
        let plan = &self.parts().plan;
        let ends = plan.ends(plan.namespace_of(self.node()));
        let own = ends.filter(|end| end.bridge.is_none());
        own.map(|end| end.name.clone()).collect()
    }
}

fn told(sides: &[(Side, &Impairment)]) -> String {
    match sides {
        [(_, one), (_, other)] => Profile::new((*one).clone(), (*other).clone()).to_string(),
        sides => {
            let told = sides.iter().map(|(side, what)| match side {
                Side::Egress => format!("sends: {what}"),
                Side::Ingress => format!("receives: {what}"),
            });
            told.collect::<Vec<_>>().join("; ")
        }
    }
}

impl Side {
    /// The direction on a wire of whose ends this is that one.
    pub(crate) fn way(self, end: usize) -> Way {
        match (self, end) {
            (Self::Egress, 0) | (Self::Ingress, 1) => Way::Forth,
            _ => Way::Back,
        }
    }
}
