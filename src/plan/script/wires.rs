//! What joins the halves of wires, and what is wrong with them, as the commands of `tc` that do it.

use std::fmt::{self, Formatter};

use super::{At, word};
use crate::impairment::{Backend, Impairment};
use crate::packet::Way;
use crate::plan::{End, Plan, Wire};

impl Plan {
    /// Each port hands on what comes in by it to the other one, and what leaves by that one suffers.
    pub(super) fn join_wires(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for wire in &self.wires {
            let is_impaired = wire.impairments.iter().any(Option::is_some);
            for end in self.cables[wire.cable].ends.iter().filter(|_| is_impaired) {
                self.without_offloads(end, f)?;
            }
            if self.is_for_the_kernel(wire) {
                self.join(wire, f)?;
            } else {
                self.carried(wire, f)?;
            }
        }
        Ok(())
    }

    /// Whether `tc` has words for all of it.
    fn is_for_the_kernel(&self, wire: &Wire) -> bool {
        let mut impairments = wire.impairments.iter().flatten();
        self.backend != Backend::Wire && impairments.all(|it| it.tc().is_some())
    }

    fn join(&self, wire: &Wire, f: &mut Formatter<'_>) -> fmt::Result {
        let [first, second] = &wire.ports;
        let tc = format!("tc -netns {}", At(self, first.node).name());
        for way in Way::BOTH {
            let (entered, left) = match way {
                Way::Forth => (first, second),
                Way::Back => (second, first),
            };
            let impairment = wire.impairments[way as usize].as_ref();
            for line in impairment.and_then(Impairment::tc).into_iter().flatten() {
                writeln!(f, "{tc} qdisc add dev {} {line}", left.name)?;
            }
            writeln!(f, "{tc} qdisc add dev {} ingress", entered.name)?;
            writeln!(
                f,
                "{tc} filter add dev {} parent ffff: protocol all matchall action mirred egress redirect dev {}",
                entered.name, left.name
            )?;
        }
        Ok(())
    }

    /// One packet is one frame.
    fn without_offloads(&self, end: &End, f: &mut Formatter<'_>) -> fmt::Result {
        if end.node != 0 {
            write!(f, "ip netns exec {} ", At(self, end.node).name())?;
        }
        writeln!(
            f,
            "ethtool -K {} tx off sg off tso off gso off gro off",
            word(&end.name)
        )
    }

    /// No command of the shell does it.
    fn carried(&self, wire: &Wire, f: &mut Formatter<'_>) -> fmt::Result {
        let [first, second] = &wire.ports;
        writeln!(
            f,
            "# a thread of this crate's carries packets between {} and {}",
            first.name, second.name
        )?;
        for (left, impairment) in [second, first].into_iter().zip(&wire.impairments) {
            if let Some(impairment) = impairment {
                writeln!(f, "# {}: {impairment}", left.name)?;
            }
        }
        Ok(())
    }
}
