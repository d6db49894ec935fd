//! Routes added and removed while the network lives.

use std::fmt::Display;

use crate::apply::route_verb;
use crate::error::Result;
use crate::host::Host;
use crate::plan::Route;
use crate::plan::route::{self, Device};
use crate::sys::netlink::{self, Request};
use crate::topology::RouteSpec;

impl Host<'_> {
    /// Adds a route: to a subnet, or `default`.
    ///
    /// # Errors
    ///
    /// The route makes no sense, or the kernel refuses it.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let a = net.host("a");
    /// a.add_route("192.0.2.0/24", |r| r.via("10.1.0.2")).unwrap();
    /// assert!(a.routes().unwrap().to_string().contains("192.0.2.0/24 via 10.1.0.2 dev eth0"));
    /// a.remove_route("192.0.2.0/24", |r| r.via("10.1.0.2")).unwrap();
    /// # }).unwrap();
    /// ```
    pub fn add_route(
        self,
        destination: impl Display,
        configure: impl FnOnce(RouteSpec) -> RouteSpec,
    ) -> Result<()> {
        let route = self.decided(configure(RouteSpec::new(destination)))?;
        self.execute(netlink::add_route(&route.to_string(), &route_verb(&route)))
    }

    /// Removes a route; of several, the first that matches.
    ///
    /// # Errors
    ///
    /// There is no such route.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert!(net.host("a").remove_route("192.0.2.0/24", |r| r.via("10.1.0.2")).is_err());
    /// # }).unwrap();
    /// ```
    pub fn remove_route(
        self,
        destination: impl Display,
        configure: impl FnOnce(RouteSpec) -> RouteSpec,
    ) -> Result<()> {
        let route = self.decided(configure(RouteSpec::new(destination)))?;
        self.execute(netlink::remove_route(
            &route.to_string(),
            &route_verb(&route),
        ))
    }

    fn decided(self, spec: RouteSpec) -> Result<Route> {
        let devices = self
            .interfaces()?
            .into_iter()
            .filter(|interface| interface.name != "lo" && interface.master.is_none())
            .map(|interface| Device {
                name: interface.name,
                index: interface.index,
                addresses: interface
                    .addresses
                    .iter()
                    .map(|address| address.address)
                    .collect(),
            });
        route::decide_one(&spec, self.name(), &devices.collect::<Vec<_>>())
    }

    pub(crate) fn execute(self, request: Request) -> Result<()> {
        self.live()
            .netlink()
            .execute(vec![request])
            .map_err(|error| error.inside(self.name()))
    }
}
