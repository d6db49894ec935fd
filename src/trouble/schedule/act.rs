//! What each step does to the network.

use super::rates::Rates;
use super::step::{Place, Step, What};
use crate::error::{Error, Kind, Result};
use crate::impairment::{Impairment, Profile};
use crate::link::Link;
use crate::network::Network;
use crate::trouble::impair::Side;
use crate::trouble::{Grudge, Trouble};

/// Trouble that a step began.
pub(super) struct Begun<'net> {
    pub(super) trouble: Trouble<'net>,
    /// How its rate changes, if it does.
    pub(super) rates: Option<Rates>,
}

/// Begins the trouble of a step, or does what it does instead. What ends other steps is not its business.
pub(super) fn begin<'net>(
    net: &'net Network,
    step: &Step,
    chance: u64,
) -> Result<Option<Begun<'net>>> {
    let trouble = match &step.what {
        What::Cut(place) => place.link(net)?.cut()?,
        What::Impair(place, sides) => {
            let sides: Vec<(Side, &Impairment)> = sides.iter().map(|it| (it.0, &it.1)).collect();
            place.link(net)?.impair_sides(&sides, &[])?
        }
        What::ImpairHost(node, what) => net.find_host(node)?.impair(Profile::clone(what))?,
        What::Rates(place, sides, trace) => {
            let (rates, trouble) = Rates::begin(place.link(net)?, sides, trace)?;
            let rates = Some(rates);
            return Ok(Some(Begun { trouble, rates }));
        }
        What::Partition(grudge, _) => net.apply_grudge(grudge)?,
        What::RandomHalves => {
            net.apply_grudge(&Grudge::random_halves(net.between_whom(), chance))?
        }
        What::Pause(host) => net.find_host(host)?.pause()?,
        What::Isolate(node) => net.isolate(node)?,
        What::Run(name, body) => {
            let result = net.root().run(|| body(net));
            // What it is made of is no business of another thread's.
            let failed = |error: crate::error::TestError| {
                Error::new(Kind::Invalid, format!("run `{name}`"), error)
            };
            return result.map(|()| None).map_err(failed);
        }
        What::End(_) | What::Heal => return Ok(None),
    };
    let rates = None;
    Ok(Some(Begun { trouble, rates }))
}

impl Place {
    pub(super) fn link<'net>(&self, net: &'net Network) -> Result<Link<'net>> {
        net.find_host(&self.node)?.find_link(&self.interface)
    }
}
