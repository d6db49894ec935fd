//! Both directions of a link, and those that everybody knows.

use std::time::Duration;

use crate::impairment::{Impairment, Jitter, Loss};

/// What is wrong with a link in both directions, as the host sees it at whose end it is set: what it sends, and what it receives.
///
/// An [`Impairment`] becomes one that is the same both ways. The named ones stand for kinds of links; they are models and no promises. A delay
/// is half of the round trip that the source tells; where no source tells a number, the table says that it is ours.
///
/// | profile | sends | receives | delay each way | loss | source |
/// |---|---|---|---|---|---|
/// | [`lan`](Self::lan) | 1 Gbit/s | 1 Gbit/s | 0.1 ms | none | Gigabit Ethernet; the delay is ours |
/// | [`wifi`](Self::wifi) | 15 Mbit/s | 30 Mbit/s | 2 ms ± 1 ms | 0.2 % | rates and delay of [Firefox], loss of [Comcast], jitter ours |
/// | [`wifi_congested`](Self::wifi_congested) | 1.5 Mbit/s | 3 Mbit/s | 20 ms ± 10 ms | 3.2 %, bursts | ours; that losses come in bursts: [Carvalho] |
/// | [`four_g`](Self::four_g) | 12 Mbit/s | 12 Mbit/s | 35 ms ± 15, 5 ms | 0.2 % | "LTE" of [WebPageTest]; jitter, loss of [Loadero] |
/// | [`three_g`](Self::three_g) | 768 kbit/s | 1.6 Mbit/s | 150 ms ± 50 ms | 0.5 % | "3G" of [WebPageTest]; jitter, loss of [Loadero] |
/// | [`edge`](Self::edge) | 200 kbit/s | 240 kbit/s | 420 ms ± 100 ms | 1 % | "Edge" of [WebPageTest]; jitter, loss of [Loadero] |
/// | [`dsl`](Self::dsl) | 384 kbit/s | 1.5 Mbit/s | 25 ms | none | "DSL" of [WebPageTest] |
/// | [`cable`](Self::cable) | 1 Mbit/s | 5 Mbit/s | 14 ms | none | "Cable" of [WebPageTest] |
/// | [`satellite`](Self::satellite) | 10 Mbit/s | 100 Mbit/s | 300 ms | 0.2 % | 279 ms of it are [RFC 2488]'s; rates of [APNIC]'s geostationary link; loss of [Comcast] |
/// | [`satellite_leo`](Self::satellite_leo) | 15 Mbit/s | 150 Mbit/s | 25 ms ± 5 ms | 0.4 %, bursts | round trips and rate of [APNIC]; what is sent and lost is ours |
///
/// A profile belongs to one end of a cable: to a host by [`HostSpec::impair`](crate::HostSpec::impair), to an interface by
/// [`InterfaceSpec::impair`](crate::InterfaceSpec::impair), while the network lives by [`Link::impair`](crate::Link::impair).
///
/// All jitter is in order, as links of radio deliver, and normal. Queues follow from rate and delay, as [`Queue`](crate::Queue) says.
///
/// [Firefox]: https://firefox-source-docs.mozilla.org/devtools-user/network_monitor/throttling/index.html
/// [Comcast]: https://github.com/tylertreat/comcast#network-condition-profiles
/// [Carvalho]: https://ieeexplore.ieee.org/document/1510488
/// [WebPageTest]: https://github.com/WPO-Foundation/webpagetest/blob/master/www/settings/connectivity.ini.sample
/// [Loadero]: https://wiki.loadero.com/test-creation/participant-configuration/network-conditions/
/// [RFC 2488]: https://www.rfc-editor.org/rfc/rfc2488#section-2
/// [APNIC]: https://blog.apnic.net/2022/11/28/fact-checking-starlinks-performance-figures
///
/// # Examples
///
/// ```
/// use netns_test::{Impairment, Loss, Profile};
///
/// let dsl = Profile::dsl();
/// assert_eq!(dsl.ingress().declared_rate(), Some(1_500_000));
///
/// let same = Profile::from(Impairment::new().loss(Loss::random(0.01)));
/// assert_eq!(same.egress(), same.ingress());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[doc(alias = "preset")]
#[doc(alias = "network_conditions")]
pub struct Profile {
    pub(crate) egress: Impairment,
    pub(crate) ingress: Impairment,
}

impl Profile {
    /// Of what the host sends, and what it receives.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Impairment, Profile};
    ///
    /// let slow_uplink = Profile::new(Impairment::new().rate(1_000_000), Impairment::new());
    /// assert_eq!(slow_uplink.to_string(), "sends: rate 1 Mbit/s, queue 15.14 kB; receives: no trouble");
    /// ```
    pub fn new(egress: Impairment, ingress: Impairment) -> Self {
        Self { egress, ingress }
    }

    /// What the host sends meets this.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Profile::dsl().egress().declared_rate(), Some(384_000));
    /// ```
    pub fn egress(&self) -> &Impairment {
        &self.egress
    }

    /// What the host receives meets this.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(netns_test::Profile::cable().ingress().declared_rate(), Some(5_000_000));
    /// ```
    pub fn ingress(&self) -> &Impairment {
        &self.ingress
    }

    /// Changes both directions alike.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::{Loss, Profile};
    ///
    /// let rain = Profile::satellite().map(|way| way.loss(Loss::random(0.05)));
    /// assert_eq!(rain.egress().declared_loss(), 0.05);
    /// ```
    #[must_use = "it returns the changed profile"]
    pub fn map(self, change: impl Fn(Impairment) -> Impairment) -> Self {
        Self::new(change(self.egress), change(self.ingress))
    }

    /// The other end's view: what this one sends, that one receives.
    ///
    /// # Examples
    ///
    /// ```
    /// use netns_test::Profile;
    ///
    /// assert_eq!(Profile::dsl().reversed().egress(), Profile::dsl().ingress());
    /// ```
    #[must_use = "it returns the changed profile"]
    pub fn reversed(self) -> Self {
        Self::new(self.ingress, self.egress)
    }

    /// All that have names, to try a test over each.
    ///
    /// # Examples
    ///
    /// ```
    /// for (name, profile) in netns_test::Profile::named() {
    ///     println!("{name}: {profile}");
    /// }
    /// ```
    pub fn named() -> impl Iterator<Item = (&'static str, Self)> {
        [
            ("lan", Self::lan()),
            ("wifi", Self::wifi()),
            ("wifi_congested", Self::wifi_congested()),
            ("four_g", Self::four_g()),
            ("three_g", Self::three_g()),
            ("edge", Self::edge()),
            ("dsl", Self::dsl()),
            ("cable", Self::cable()),
            ("satellite", Self::satellite()),
            ("satellite_leo", Self::satellite_leo()),
        ]
        .into_iter()
    }

    pub(crate) fn is_symmetric(&self) -> bool {
        self.egress == self.ingress
    }
}

/// The same both ways.
impl From<Impairment> for Profile {
    fn from(impairment: Impairment) -> Self {
        Self::new(impairment.clone(), impairment)
    }
}

/// One line of the table: what it is, a name, the two rates, and what else holds.
macro_rules! named {
    ($($(#[doc = $text:literal])+ $name:ident: $up:literal, $down:literal, $both:expr;)+) => {
        impl Profile {$(
            $(#[doc = $text])+
            ///
            /// Its numbers and their sources are in the [table](Self).
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("let profile = netns_test::Profile::", stringify!($name), "();")]
            #[doc = concat!("assert_eq!(profile.egress().declared_rate(), Some(", stringify!($up), "));")]
            #[doc = concat!("assert_eq!(profile.ingress().declared_rate(), Some(", stringify!($down), "));")]
            /// ```
            pub fn $name() -> Self {
                let Self { egress, ingress } = Self::from($both);
                Self::new(egress.rate($up), ingress.rate($down))
            }
        )+}
    };
}

named! {
    /// A wired local network of 1 Gbit/s.
    lan: 1_000_000_000, 1_000_000_000, delayed_by(Duration::from_micros(100));
    /// A wireless network at home, with few neighbours.
    wifi: 15_000_000, 30_000_000, shaky(2, 1).loss(Loss::random(0.002));
    /// A wireless network that many share: slow, shaky, and losing packets in bursts of three on average.
    wifi_congested: 1_500_000, 3_000_000, shaky(20, 10).loss(Loss::gilbert_elliott(0.01, 0.3, 1.0, 0.0));
    /// A mobile network of the fourth generation (LTE).
    four_g: 12_000_000, 12_000_000, Profile::new(shaky(35, 15), shaky(35, 5)).map(|way| way.loss(Loss::random(0.002)));
    /// A mobile network of the third generation (UMTS).
    three_g: 768_000, 1_600_000, shaky(150, 50).loss(Loss::random(0.005));
    /// A mobile network of the second generation (GPRS with EDGE).
    edge: 200_000, 240_000, shaky(420, 100).loss(Loss::random(0.01));
    /// A telephone line with ADSL.
    dsl: 384_000, 1_500_000, delayed_by(Duration::from_millis(25));
    /// A cable of television.
    cable: 1_000_000, 5_000_000, delayed_by(Duration::from_millis(14));
    /// A geostationary satellite, from one ground station to the other.
    satellite: 10_000_000, 100_000_000, delayed_by(Duration::from_millis(300)).loss(Loss::random(0.002));
    /// A satellite in a low orbit, such as Starlink's.
    satellite_leo: 15_000_000, 150_000_000, shaky(25, 5).loss(Loss::gilbert_elliott(0.0004, 0.1, 1.0, 0.0));
}

fn delayed_by(delay: Duration) -> Impairment {
    Impairment::new().delay(delay)
}

/// In milliseconds. A link of radio repeats what is lost, and delivers in order.
fn shaky(delay: u64, spread: u64) -> Impairment {
    let spread = Duration::from_millis(spread);
    delayed_by(Duration::from_millis(delay)).jitter(Jitter::normal(spread).in_order())
}
