//! Netlink on other systems: requests are values, and nobody takes them.

#[path = "../netlink/asked.rs"]
mod asked;

use std::io;
use std::time::Duration;

use super::Descriptor;
use crate::address::Cidr;
use crate::error::Result;

pub(crate) use asked::{
    BridgeVerb, HopVerb, Lookup, RouteVerb, RouteVerbKind, RuleVerb, VethVerb, Way,
};

#[derive(Debug)]
pub(crate) enum Transport {}

pub(crate) struct Request;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Changes {
    Links,
    Ipv6Routes,
}

impl Transport {
    pub(crate) fn open(_floor: Option<i32>) -> io::Result<Self> {
        Err(super::unsupported())
    }

    pub(crate) fn namespace(&self) -> io::Result<Descriptor> {
        match *self {}
    }

    pub(crate) fn execute(&mut self, _requests: Vec<Request>) -> Result<()> {
        match *self {}
    }

    pub(crate) fn watch(&mut self, _changes: Changes, _on: bool) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn changed_within(&mut self, _limit: Duration) -> io::Result<bool> {
        match *self {}
    }
}

pub(crate) fn add_bridge(_bridge: &BridgeVerb<'_>) -> Request {
    Request
}

pub(crate) fn add_veth(
    _near: &VethVerb<'_>,
    _master: Option<u32>,
    _up: bool,
    _far: &VethVerb<'_>,
    _peer_namespace: Option<&Descriptor>,
) -> Request {
    Request
}

pub(crate) fn set_up(_name: &str, _index: u32, _up: bool) -> Request {
    Request
}

pub(crate) fn carry(_name: &str, _index: u32, _to: &Descriptor) -> Request {
    Request
}

pub(crate) fn make_as_new(_link: &VethVerb<'_>, _master: Option<u32>) -> Request {
    Request
}

pub(crate) fn set_mtu(_name: &str, _index: u32, _mtu: u32) -> Request {
    Request
}

pub(crate) fn set_master(_name: &str, _index: u32, _bridge: Option<(&str, u32)>) -> Request {
    Request
}

pub(crate) fn set_ipv4_parameter(_: &str, _index: u32, _parameter: u16, _: u32) -> Request {
    Request
}

pub(crate) fn give_no_link_local(_name: &str, _index: u32) -> Request {
    Request
}

pub(crate) fn add_address(_link: &str, _index: u32, _address: Cidr, _dad: bool) -> Request {
    Request
}

pub(crate) fn remove_address(_link: &str, _index: u32, _address: Cidr) -> Request {
    Request
}

pub(crate) fn add_route(_shown: &str, _route: &RouteVerb) -> Request {
    Request
}

pub(crate) fn remove_route(_shown: &str, _route: &RouteVerb) -> Request {
    Request
}

pub(crate) fn search_again(transport: &mut Transport) -> Result<()> {
    match *transport {}
}

pub(crate) fn add_rule(_shown: &str, _rule: &RuleVerb<'_>) -> Request {
    Request
}

pub(crate) fn remove_rule(_shown: &str, _rule: &RuleVerb<'_>) -> Request {
    Request
}

pub(crate) mod look {
    use std::net::Ipv6Addr;

    use super::{Lookup, Transport, Way};
    use crate::address::Family;
    use crate::error::Result;
    use crate::view::{Bridge, Interface, InterfaceAddress, Neighbour, PolicyRules, RouteTable};

    pub(crate) fn interfaces(transport: &mut Transport) -> Result<Vec<Interface>> {
        match *transport {}
    }

    pub(crate) fn addresses(transport: &mut Transport) -> Result<Vec<(u32, InterfaceAddress)>> {
        match *transport {}
    }

    pub(crate) fn tentative(transport: &mut Transport) -> Result<Vec<std::net::IpAddr>> {
        match *transport {}
    }

    pub(crate) fn routes(
        transport: &mut Transport,
        _family: Family,
        _table: Option<u32>,
    ) -> Result<RouteTable> {
        match *transport {}
    }

    pub(crate) fn rules(transport: &mut Transport, _family: Family) -> Result<PolicyRules> {
        match *transport {}
    }

    pub(crate) fn way(transport: &mut Transport, _lookup: &Lookup) -> Result<Way> {
        match *transport {}
    }

    pub(crate) fn neighbours(transport: &mut Transport) -> Result<Vec<Neighbour>> {
        match *transport {}
    }

    pub(crate) fn bridges(transport: &mut Transport) -> Result<Vec<Bridge>> {
        match *transport {}
    }

    pub(crate) fn not_in_service(transport: &mut Transport, _indexes: &[u32]) -> Result<Vec<u32>> {
        match *transport {}
    }

    pub(crate) fn in_between(transport: &mut Transport) -> Result<Vec<u32>> {
        match *transport {}
    }

    pub(crate) fn not_reachable(transport: &mut Transport, _dad: bool) -> Result<Vec<Ipv6Addr>> {
        match *transport {}
    }

    pub(crate) fn receiving_ipv6(transport: &mut Transport) -> Result<Vec<(u32, Ipv6Addr)>> {
        match *transport {}
    }
}
