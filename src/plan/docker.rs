//! Decides what a bridge of Docker's is: its addresses and those that it gives away. Finds the settings that contradict one another.

mod hosts;

use std::net::IpAddr;
use std::panic::Location;

use crate::address::{Cidr, Family};
use crate::plan::address::is_point_to_point;
use crate::plan::mistakes::Mistakes;
use crate::topology::{DockerSettings, Setting, Written};

pub(crate) use hosts::decide;

/// What hosts get from a bridge.
pub(crate) struct Network {
    lans: Vec<Lan>,
    dns: Vec<IpAddr>,
    internal: bool,
}

/// A bridge's network of one family.
pub(crate) struct Lan {
    /// The bridge's own address.
    own: Cidr,
    /// Where hosts draw their addresses from, a part of the subnet.
    pool: Cidr,
    gateway: IpAddr,
    reserved: Vec<IpAddr>,
}

/// A network, and what each of its bridge's own addresses was written as.
pub(crate) struct Settled<'t> {
    pub(crate) network: Network,
    written: Vec<&'t Written>,
}

impl<'t> Settled<'t> {
    /// The bridge's own addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (Cidr, &'t Written)> + '_ {
        let own = self.network.lans.iter().map(|lan| lan.own);
        own.zip(self.written.iter().copied())
    }
}

/// Decides what a bridge is; of settings that contradict one another, the ones nearer to the bridge's own address count.
pub(crate) fn settle<'t>(
    settings: &'t DockerSettings,
    object: &str,
    at: &'static Location<'static>,
    mistakes: &mut Mistakes<'_>,
) -> Settled<'t> {
    let mut settling = Settling {
        given: Vec::new(),
        is_whole: true,
        object,
        mistakes,
    };
    settling.parse(settings);
    settling.once();
    let mut lans = Vec::new();
    let mut written = Vec::new();
    for family in Family::BOTH {
        if let Some((lan, own)) = settling.lan(family) {
            lans.push(lan);
            written.push(own);
        }
    }
    let of_servers = |it: &Given<'_>| it.setting == Setting::Dns;
    if settling.is_whole && settling.given.iter().all(of_servers) {
        let cause = "nothing says its subnet: add `.bip(..)` or `.subnet(..)`";
        settling.mistakes.push(at, object, cause);
    }
    if let Some(internal) = settings.internal {
        settling.internal(internal);
    }
    let dns = settling.of(Setting::Dns).map(|it| it.value.address());
    let network = Network {
        lans,
        dns: dns.collect(),
        internal: settings.internal.is_some(),
    };
    Settled { network, written }
}

/// A setting that means something. Of those that are one address, the prefix length is that of a host.
struct Given<'t> {
    setting: Setting,
    value: Cidr,
    written: &'t Written,
}

impl Given<'_> {
    /// As it was written: `fixed-cidr 10.20.0.0/16`.
    fn shown(&self) -> String {
        format!("{} {}", self.setting.word(), self.written.text)
    }
}

/// A bridge's settings, about to be decided.
struct Settling<'t, 'a, 'm> {
    given: Vec<Given<'t>>,
    /// Every text meant something: what is missing has not been told already.
    is_whole: bool,
    object: &'a str,
    mistakes: &'a mut Mistakes<'m>,
}

impl<'t> Settling<'t, '_, '_> {
    fn parse(&mut self, settings: &'t DockerSettings) {
        for (setting, written) in &settings.all {
            match value(*setting, &written.text) {
                Ok(value) => self.given.push(Given {
                    setting: *setting,
                    value,
                    written,
                }),
                Err(cause) => {
                    self.is_whole = false;
                    self.wrong(written.at, format!("{}: {cause}", setting.word()));
                }
            }
        }
    }

    fn wrong(&mut self, at: &Location<'_>, cause: impl AsRef<str>) {
        self.mistakes.push(at, self.object, cause);
    }

    fn of(&self, setting: Setting) -> impl Iterator<Item = &Given<'t>> {
        self.given.iter().filter(move |it| it.setting == setting)
    }

    /// The first of these settings that is about the family.
    fn first(&self, family: Family, wanted: &[Setting]) -> Option<&Given<'t>> {
        let of = |setting: &Setting| {
            self.of(*setting)
                .find(|it| family.includes(it.value.address()))
        };
        wanted.iter().find_map(of)
    }

    /// There is one of each kind for each family, servers and reserved addresses excepted.
    fn once(&mut self) {
        let mut twice = Vec::new();
        for (position, it) in self.given.iter().enumerate() {
            if [Setting::Dns, Setting::AuxAddress].contains(&it.setting) {
                continue;
            }
            let same = |earlier: &&Given<'_>| {
                let family = it.value.is_ipv4() == earlier.value.is_ipv4();
                earlier.setting == it.setting && family
            };
            if let Some(first) = self.given[..position].iter().find(same) {
                let first = (first.shown(), first.written.at);
                let cause = format!("{} comes after {}, from {}", it.shown(), first.0, first.1);
                twice.push((it.written.at, cause));
            }
        }
        for (at, cause) in twice {
            self.wrong(at, cause);
        }
    }

    /// The network of one family, and what the bridge's address in it was written as.
    fn lan(&mut self, family: Family) -> Option<(Lan, &'t Written)> {
        let (own, from) = match self.own(family) {
            Some(own) => own,
            None => {
                if self.is_whole {
                    self.homeless(family);
                }
                return None;
            }
        };
        let subnet = own.network();
        let named = if from.value == subnet {
            from.shown()
        } else {
            format!("the subnet {subnet} of {}", from.shown())
        };
        let because = format!("lies outside {named}");
        let written = from.written;
        let contradicts = |it: &Given<'_>| match it.setting {
            Setting::Bip | Setting::Dns => None,
            Setting::Subnet if it.value == subnet => None,
            Setting::Subnet => Some(format!("is not {named}")),
            Setting::Gateway if subnet.contains(it.value.address()) => {
                let differs = it.value.address() != own.address();
                let also = "the bridge's own address: another router is a default-gateway";
                differs.then(|| format!("is not that of {}, {also}", from.shown()))
            }
            Setting::FixedCidr | Setting::FixedCidrV6 | Setting::IpRange => {
                let within =
                    subnet.contains(it.value.address()) && it.value.prefix() >= subnet.prefix();
                (!within).then(|| because.clone())
            }
            _ if !subnet.contains(it.value.address()) => Some(because.clone()),
            _ => nobodys(subnet, it.value.address()),
        };
        let (fit, unfit): (Vec<_>, Vec<_>) = self
            .given
            .iter()
            .filter(|it| family.includes(it.value.address()))
            .partition(|it| contradicts(it).is_none());
        let unfit: Vec<_> = unfit
            .into_iter()
            .map(|it| {
                let cause = contradicts(it).unwrap_or_default();
                (it.written.at, format!("{} {cause}", it.shown()))
            })
            .collect();
        let find = |wanted: &[Setting]| {
            let found = fit.iter().find(|it| wanted.contains(&it.setting));
            found.map(|it| it.value)
        };
        let pools = [Setting::FixedCidr, Setting::FixedCidrV6, Setting::IpRange];
        let routers = [Setting::DefaultGateway, Setting::DefaultGatewayV6];
        let gateway = find(&routers).unwrap_or(own).address();
        let kept = fit.iter().filter(|it| it.setting == Setting::AuxAddress);
        let kept = kept.map(|it| it.value.address());
        let lan = Lan {
            own,
            pool: find(&pools).unwrap_or(subnet),
            gateway,
            reserved: kept.chain([gateway, own.address()]).collect(),
        };
        for (at, cause) in unfit {
            self.wrong(at, cause);
        }
        Some((lan, written))
    }

    /// The bridge's own address in a family, and the setting that it follows from.
    fn own(&self, family: Family) -> Option<(Cidr, &Given<'t>)> {
        if let Some(bip) = self.first(family, &[Setting::Bip]) {
            return Some((bip.value, bip));
        }
        let subnet = self.first(family, &[Setting::Subnet, Setting::FixedCidrV6])?;
        let gateway = self.first(family, &[Setting::Gateway]);
        let within = gateway.filter(|it| subnet.value.contains(it.value.address()));
        let first = u128::from(!is_point_to_point(subnet.value));
        let own = match within {
            Some(it) => Cidr::new(it.value.address(), subnet.value.prefix()).ok(),
            None => subnet.value.nth(first),
        };
        Some((own?, subnet))
    }

    /// Settings of a family in which there is no subnet.
    fn homeless(&mut self, family: Family) {
        let of_family =
            |it: &&Given<'_>| it.setting != Setting::Dns && family.includes(it.value.address());
        let without = |it: &Given<'_>| {
            let cause = format!(
                "{} needs an {family} subnet, and there is none: add `.bip(..)` or `.subnet(..)`",
                it.shown()
            );
            (it.written.at, cause)
        };
        let found: Vec<_> = self.given.iter().filter(of_family).map(without).collect();
        for (at, cause) in found {
            self.wrong(at, cause);
        }
    }

    fn internal(&mut self, at: &Location<'_>) {
        let routers = [Setting::DefaultGateway, Setting::DefaultGatewayV6];
        let found = self.given.iter().filter(|it| routers.contains(&it.setting));
        let found: Vec<_> = found.map(|it| (it.written.at, it.shown())).collect();
        for (own, shown) in found {
            let cause = format!("{shown} leads out of the network, which is internal from {at}");
            self.wrong(own, cause);
        }
    }
}

/// What a text means for a setting.
fn value(setting: Setting, text: &str) -> Result<Cidr, String> {
    let address = || match text.parse::<IpAddr>() {
        Ok(address) => text
            .parse::<Cidr>()
            .map_err(|_| format!("`{address}` is no address")),
        Err(_) => Err(format!("`{text}` is not an IP address")),
    };
    let subnet = || match text.parse::<Cidr>() {
        Ok(subnet) if subnet.network() != subnet => Err(format!(
            "{subnet} has host bits set, the subnet is {}",
            subnet.network()
        )),
        Ok(subnet) => Ok(subnet),
        Err(error) => Err(error.to_string()),
    };
    let value = match setting {
        Setting::Bip => text.parse::<Cidr>().map_err(|error| error.to_string()),
        Setting::Subnet | Setting::FixedCidr | Setting::FixedCidrV6 | Setting::IpRange => subnet(),
        Setting::Dns => address().and_then(|it| host(it.address()).map(|()| it)),
        _ => address(),
    }?;
    let wanted = match setting {
        Setting::FixedCidr | Setting::DefaultGateway => Family::V4,
        Setting::FixedCidrV6 | Setting::DefaultGatewayV6 => Family::V6,
        _ => return Ok(value),
    };
    if wanted.includes(value.address()) {
        Ok(value)
    } else {
        Err(format!("`{text}` is not {wanted}"))
    }
}

fn host(address: IpAddr) -> Result<(), String> {
    if address.is_unspecified() || address.is_multicast() {
        return Err(format!("{address} is no host's address"));
    }
    Ok(())
}

/// Why an address in the subnet is no host's, if it is none.
fn nobodys(subnet: Cidr, address: IpAddr) -> Option<String> {
    if is_point_to_point(subnet) {
        None
    } else if Some(address) == subnet.broadcast().map(IpAddr::V4) {
        Some(format!("is the broadcast address of {subnet}"))
    } else {
        let own = address == subnet.address() && address.is_ipv4();
        own.then(|| format!("is the subnet's own address, of {subnet}"))
    }
}
