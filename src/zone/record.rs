//! The records of a zone, as builder methods.

use std::fmt::Display;
use std::panic::Location;

use crate::zone::{What, Written, Zone};

impl Zone {
    /// Adds an IPv4 address to a name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").a("www", "10.1.0.2").a("@", std::net::Ipv4Addr::LOCALHOST).a("*", "10.1.0.3");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn a(self, name: impl Display, address: impl Display) -> Self {
        self.record(name, Written::A(address.to_string()))
    }

    /// Adds an IPv6 address to a name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").aaaa("www", "fd00:1::2");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn aaaa(self, name: impl Display, address: impl Display) -> Self {
        self.record(name, Written::Aaaa(address.to_string()))
    }

    /// Makes a name an alias of another. An answer follows the alias as far as the zone goes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").a("www", "10.1.0.2").cname("web", "www").cname("cdn", "edge.example.org.");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn cname(self, name: impl Display, target: impl Display) -> Self {
        self.record(name, Written::Cname(target.to_string()))
    }

    /// Adds a mail exchanger to a name; the lowest preference is tried first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").mx("@", 10, "mail").a("mail", "10.1.0.2");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn mx(self, name: impl Display, preference: u16, exchange: impl Display) -> Self {
        self.record(name, Written::Mx(preference, exchange.to_string()))
    }

    /// Adds a name server to a name. Below the zone's own name it delegates: the server then refers to it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("test").ns("child", "ns.child").a("ns.child", "10.1.0.3");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn ns(self, name: impl Display, server: impl Display) -> Self {
        self.record(name, Written::Ns(server.to_string()))
    }

    /// Points a name, as a rule the reverse name of an address, to another. In a reverse zone targets are absolute.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("10.1.0.0/16").ptr("10.1.0.2", "www.example.test");
    /// Zone::new("fd00:1::/64").ptr("fd00:1::2", "www.example.test");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn ptr(self, name: impl Display, target: impl Display) -> Self {
        self.record(name, Written::Ptr(target.to_string()))
    }

    /// Adds the place of a service: the lowest priority is tried first, among equals by weight.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").srv("_http._tcp", 0, 5, 80, "www").a("www", "10.1.0.2");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn srv(
        self,
        name: impl Display,
        priority: u16,
        weight: u16,
        port: u16,
        target: impl Display,
    ) -> Self {
        let target = target.to_string();
        self.record(name, Written::Srv(priority, weight, port, target))
    }

    /// Adds a text of at most 65,000 bytes; more than 255 are sent as several strings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").txt("@", "v=spf1 -all");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn txt(self, name: impl Display, text: impl Display) -> Self {
        self.record(name, Written::Txt(text.to_string()))
    }

    #[track_caller]
    fn record(self, name: impl Display, data: Written) -> Self {
        let ttl = self.ttl;
        self.entry(name, Location::caller(), What::Record { ttl, data })
    }
}
