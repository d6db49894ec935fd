//! Policy rules and the tables that they name: looked at, added and removed while the network lives.

use crate::address::Family;
use crate::apply::rule_verb;
use crate::error::Result;
use crate::host::Host;
use crate::plan::rule::{self, Rule};
use crate::sys::netlink::{self, look};
use crate::topology::RuleSpec;
use crate::view::{PolicyRules, RouteTable};

impl Host<'_> {
    /// The IPv4 policy rules, like `ip rule`.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::new().host("a", |h| h.rule(|r| r.from("10.0.0.0/24").table(100)));
    /// # netns_test::run(&lab, |net| {
    /// let rules = net.host("a").policy_rules().unwrap();
    /// assert_eq!(rules[1].to_string(), "32765:\tfrom 10.0.0.0/24 lookup 100");
    /// # }).unwrap();
    /// ```
    pub fn policy_rules(self) -> Result<PolicyRules> {
        self.rules_of(Family::V4)
    }

    /// The IPv6 policy rules, like `ip -6 rule`.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    pub fn policy_rules_ipv6(self) -> Result<PolicyRules> {
        self.rules_of(Family::V6)
    }

    fn rules_of(self, family: Family) -> Result<PolicyRules> {
        look::rules(&mut self.live().netlink(), family).map_err(|e| e.inside(self.name()))
    }

    /// The routes of one table, IPv4 and then IPv6; 254 is the main table.
    ///
    /// # Errors
    ///
    /// The kernel refused or did not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Topology;
    ///
    /// let lab = Topology::lan(["b"])
    ///     .host("a", |h| h.join("lan").route_with("default", |r| r.via("10.1.0.1").table(100)));
    /// # netns_test::run(&lab, |net| {
    /// let routes = net.host("a").routes_of_table(100).unwrap();
    /// assert_eq!(routes.to_string(), "default via 10.1.0.1 dev eth0 table 100");
    /// # }).unwrap();
    /// ```
    pub fn routes_of_table(self, number: u32) -> Result<RouteTable> {
        let mut found = Vec::new();
        for family in Family::BOTH {
            let routes = look::routes(&mut self.live().netlink(), family, Some(number));
            found.extend(routes.map_err(|e| e.inside(self.name()))?);
        }
        Ok(RouteTable(found))
    }

    /// Adds a policy rule, of the family of its addresses; without addresses one of each family that the network has.
    ///
    /// # Errors
    ///
    /// The rule makes no sense, or the kernel refuses it.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// let a = net.host("a");
    /// a.add_policy_rule(|r| r.to("192.0.2.0/24").table(100).priority(5)).unwrap();
    /// assert!(a.policy_rules().unwrap().to_string().contains("5:\tfrom all to 192.0.2.0/24 lookup 100"));
    /// a.remove_policy_rule(|r| r.to("192.0.2.0/24").table(100)).unwrap();
    /// # }).unwrap();
    /// ```
    pub fn add_policy_rule(self, configure: impl FnOnce(RuleSpec) -> RuleSpec) -> Result<()> {
        let rules = self.decided_rules(&configure(RuleSpec::new()))?;
        rules.iter().try_for_each(|rule| {
            self.execute(netlink::add_rule(&rule.to_string(), &rule_verb(rule)))
        })
    }

    /// Removes a policy rule; of several, the first with all that is named.
    ///
    /// # Errors
    ///
    /// There is no such rule.
    ///
    /// # Examples
    ///
    /// ```
    /// # netns_test::run(&netns_test::Topology::lan(["a", "b"]), |net| {
    /// assert!(net.host("a").remove_policy_rule(|r| r.fwmark(7).table(100)).is_err());
    /// # }).unwrap();
    /// ```
    pub fn remove_policy_rule(self, configure: impl FnOnce(RuleSpec) -> RuleSpec) -> Result<()> {
        let rules = self.decided_rules(&configure(RuleSpec::new()))?;
        rules.iter().try_for_each(|rule| {
            self.execute(netlink::remove_rule(&rule.to_string(), &rule_verb(rule)))
        })
    }

    fn decided_rules(self, spec: &RuleSpec) -> Result<Vec<Rule>> {
        let interfaces = self.interfaces()?;
        let known: Vec<&str> = interfaces.iter().map(|it| it.name.as_str()).collect();
        rule::decide_one(spec, self.name(), &known, self.parts.plan.families())
    }
}
