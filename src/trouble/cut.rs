//! Cables that are pulled out: the far end goes down, so that an interface loses its carrier and keeps what it has.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::link::Link;
use crate::live::Parts;
use crate::plan::{Cable, End, Plan};
use crate::settle;
use crate::sys::netlink::{self, look};
use crate::trouble::Trouble;
use crate::trouble::flap::Flapping;

impl<'net> Link<'net> {
    /// Pulls the cable out, until the guard is dropped: nothing passes, and the interface has no carrier.
    ///
    /// It keeps its addresses and routes, as with a real cable; [`down`](Self::down) would take those of IPv6 and the routes along. Programs
    /// that watch their links notice. Existing connections stall, and go on afterwards. When the guard has been
    /// healed, both ends pass packets again, unless somebody else has pulled the cable, too.
    ///
    /// Of a cable into a switch or a bridge, the port goes down. A [wire](crate::InterfaceSpec::wire) parts in its middle, and both ends
    /// lose their carrier. A plain cable from one host straight to another cannot be pulled: lowering one end
    /// would take its IPv6 addresses and its routes.
    ///
    /// # Errors
    ///
    /// The cable goes straight to another host and is no wire, the interface has no cable, or the kernel refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let link = net.host("a").link("eth0");
    /// let trouble = link.cut().unwrap();
    /// let seen = link.look().unwrap();
    /// assert!(seen.flags.no_carrier() && !seen.addresses.is_empty());
    /// trouble.heal().unwrap();
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    #[doc(alias = "unplug")]
    #[doc(alias = "NO-CARRIER")]
    pub fn cut(self) -> Result<Trouble<'net>> {
        let parts = self.host().parts();
        let ports = self.ports("cut")?;
        pull(parts, &ports)?;
        let what = format!("the cable of {} is cut", self.called());
        Ok(Trouble::begun(parts, what, move |parts| {
            plug(parts, &ports)
        }))
    }

    /// Pulls the cable out and plugs it in again, over and over, until the guard is dropped: first it is out for `down`, then it carries for
    /// `up`, at least.
    ///
    /// It is out when this returns, and carries when the guard has been healed. All else is as with [`cut`](Self::cut).
    ///
    /// # Errors
    ///
    /// As [`cut`](Self::cut); one of the times is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b", "c"]), |net| {
    /// let brief = Duration::from_millis(20);
    /// let trouble = net.host("a").link("eth0").flapping(brief, brief).unwrap();
    /// // Time for a program to lose its patience, or not to.
    /// trouble.heal().unwrap();
    /// net.host("a").ping("b").unwrap().assert_lossless();
    /// # }).unwrap();
    /// ```
    pub fn flapping(self, up: Duration, down: Duration) -> Result<Trouble<'net>> {
        let ports = self.ports("flap")?;
        if up.is_zero() || down.is_zero() {
            let what = format!("flap {}", self.called());
            return Err(Error::new(Kind::Invalid, what, "one of the times is zero")
                .help("say how long it carries and how long it does not, such as 100 ms each"));
        }
        let parts = self.host().parts();
        pull(parts, &ports)?;
        let flapping = match Flapping::start(parts, self.host().name(), ports.clone(), [up, down]) {
            Ok(flapping) => flapping,
            Err(error) => {
                plug(parts, &ports)?;
                return Err(error);
            }
        };
        let what = format!(
            "the cable of {} is flapping: {down:?} without a carrier, {up:?} with one",
            self.called()
        );
        Ok(Trouble::begun(parts, what, move |_| flapping.end()))
    }

    /// What goes down when its cable is pulled.
    pub(super) fn ports(self, verb: &str) -> Result<Vec<Port>> {
        let plan = &self.host().parts().plan;
        let node = plan.namespace_of(self.host().node());
        let is_own = |end: &End| end.node == node && end.index == self.index();
        let refused =
            |cause: String| Error::new(Kind::Invalid, format!("{verb} {}", self.called()), cause);
        let Some(Cable { ends, wire }) = plan.cables.iter().find(|it| it.ends.iter().any(is_own))
        else {
            return Err(refused("it is no end of a cable".to_owned()).help(
                "name an interface that a cable is plugged into; of a bridge, one of its ports",
            ));
        };
        if let Some(wire) = wire {
            return Ok(plan.wires[*wire].ports.iter().map(Port::of).collect());
        }
        // The far one, if both are ports.
        let mut by_distance: Vec<&End> = ends.iter().collect();
        by_distance.sort_by_key(|end| is_own(end));
        match by_distance.iter().find(|end| end.bridge.is_some()) {
            Some(port) => Ok(vec![Port::of(port)]),
            None => {
                let far = &plan.nodes[by_distance[0].node].name;
                let cause = format!(
                    "its cable goes straight to node `{far}`, which would lose its IPv6 addresses and its routes"
                );
                Err(refused(cause).help(
                    "`.wire()` on the interface makes it a cable that can be pulled, `.wires()` on the topology all of them",
                ))
            }
        }
    }
}

/// An end of a cable that goes down when that is pulled.
#[derive(Clone, Debug)]
pub(super) struct Port {
    node: usize,
    name: String,
    index: u32,
}

impl Port {
    fn of(end: &End) -> Self {
        Self {
            node: end.node,
            name: end.name.clone(),
            index: end.index,
        }
    }

    /// Says whether it was up.
    fn lower(&self, parts: &Parts) -> Result<bool> {
        let live = parts.node(self.node);
        let down = netlink::set_up(&self.name, self.index, false);
        let mut netlink = live.netlink();
        let was_up = look::interfaces(&mut netlink).map(|all| {
            let own = all.iter().find(|it| it.index == self.index);
            own.is_some_and(|it| it.flags.up())
        });
        let lowered = was_up.and_then(|was_up| netlink.execute(vec![down]).map(|()| was_up));
        lowered.map_err(|error| error.inside(&live.name))
    }

    fn raise(&self, parts: &Parts) -> Result<()> {
        let live = parts.node(self.node);
        let raise = netlink::set_up(&self.name, self.index, true);
        let raised = live.netlink().execute(vec![raise]);
        raised.map_err(|error| error.inside(&live.name))
    }
}

/// What goes down in the middle of a node's wires when its own halves lose their carrier: what is at the other ends notices that it has
/// no power.
pub(super) fn beyond(plan: &Plan, node: usize) -> Vec<Port> {
    let ports = plan.cables.iter().filter_map(|Cable { ends, wire }| {
        let ports = &plan.wires[(*wire)?].ports;
        match [0, 1].map(|side| ends[side].node == node) {
            [true, false] => Some(Port::of(&ports[1])),
            [false, true] => Some(Port::of(&ports[0])),
            _ => None,
        }
    });
    ports.collect()
}

/// Lowers all ports or none. Who is at the other ends has noticed when this returns.
pub(super) fn pull(parts: &Arc<Parts>, ports: &[Port]) -> Result<()> {
    for (position, port) in ports.iter().enumerate() {
        let place = (port.node, port.index);
        if let Err(error) = parts.pulled.pull(place, || port.lower(parts)) {
            // The first refusal is what somebody has to know.
            drop(plug(parts, &ports[..position]));
            return Err(error);
        }
    }
    ports
        .iter()
        .try_for_each(|port| settle::wait_for_silence(parts, port.node, port.index))
}

/// Raises the ports that nobody else holds down. All are tried; those who are at their ends pass packets when this returns.
pub(super) fn plug(parts: &Arc<Parts>, ports: &[Port]) -> Result<()> {
    let raised = ports.iter().map(|port| {
        let place = (port.node, port.index);
        parts.pulled.plug(place, || port.raise(parts))
    });
    let raised: Vec<Result<()>> = raised.collect();
    let settled = ports
        .iter()
        .map(|port| settle::wait_around(parts, port.node, port.index));
    raised.into_iter().chain(settled).collect()
}
