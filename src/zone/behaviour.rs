//! How a server behaves when it is asked for a name, as builder methods.

use std::fmt::Display;
use std::panic::Location;
use std::time::Duration;

use crate::zone::authority::{Failure, Quirk};
use crate::zone::{What, Zone};

/// Each concerns the name that is asked for, whatever the type; under a wildcard, every name that the zone does not have.
impl Zone {
    /// Answers NXDOMAIN, whatever the name has.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").a("*", "10.1.0.2").nxdomain("gone");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn nxdomain(self, name: impl Display) -> Self {
        self.quirk(name, Quirk::Failure(Failure::NxDomain))
    }

    /// Answers SERVFAIL.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").servfail("broken");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn servfail(self, name: impl Display) -> Self {
        self.quirk(name, Quirk::Failure(Failure::ServFail))
    }

    /// Answers REFUSED.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").refused("secret");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn refused(self, name: impl Display) -> Self {
        self.quirk(name, Quirk::Failure(Failure::Refused))
    }

    /// Answers over UDP with the TC bit and no records, so that the resolver has to ask again over TCP.
    ///
    /// What does not fit into 512 bytes, or the size that the query's EDNS record allows, is truncated anyway.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").a("www", "10.1.0.2").truncated("www");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn truncated(self, name: impl Display) -> Self {
        self.quirk(name, Quirk::Truncated)
    }

    /// Answers after a time. Other answers do not wait for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// use std::time::Duration;
    ///
    /// Zone::new("example.test").a("slow", "10.1.0.2").delay("slow", Duration::from_millis(200));
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn delay(self, name: impl Display, delay: Duration) -> Self {
        self.quirk(name, Quirk::Delay(delay))
    }

    /// Never answers.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").silent("dead");
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn silent(self, name: impl Display) -> Self {
        self.quirk(name, Quirk::Silent)
    }

    /// Leaves the first `unanswered` queries for a name without an answer. Queries of all types and transports count.
    ///
    /// # Examples
    ///
    /// ```
    /// # use netns_test::Zone;
    /// Zone::new("example.test").a("www", "10.1.0.2").flaky("www", 2);
    /// ```
    #[track_caller]
    #[must_use = "builder methods return the changed zone"]
    pub fn flaky(self, name: impl Display, unanswered: u32) -> Self {
        self.quirk(name, Quirk::Flaky(unanswered))
    }

    #[track_caller]
    fn quirk(self, name: impl Display, quirk: Quirk) -> Self {
        self.entry(name, Location::caller(), What::Quirk(quirk))
    }
}
