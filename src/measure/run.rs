//! The course of a measurement: sockets in both hosts, then one question after the other.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::host::Host;
use crate::measure::count::{self, Course};
use crate::measure::counters::Dropped;
use crate::measure::declared::Declared;
use crate::measure::path;
use crate::measure::rate::{self, Load};
use crate::measure::report::{DirectionReport, LinkReport};
use crate::measure::settings::{LARGEST_HEADERS, Measurement};
use crate::probe::{self, Ping, PingAnswer};
use crate::settings;
use crate::sys::arrivals::Arrivals;

/// How long an answer, and silence, are waited for beyond what the link needs.
const PATIENCE: Duration = Duration::from_secs(1);
/// Where nothing gets lost: only a machine that stands still makes it wait.
const LONG_PATIENCE: Duration = Duration::from_secs(20);
/// How often hosts try to find each other before they measure.
const GREETINGS: u32 = 3;
/// More than a limited rate carries is sent, so that it is busy all the time.
const EXCESS: f64 = 1.25;
/// A rate is told from so many frames at the least, if the frames can be small enough.
const FRAMES: f64 = 100.0;
const SMALLEST_PAYLOAD: usize = 100;
const LARGEST_MTU: usize = 1500;

/// Two hosts, and a socket in each that is connected to the other one.
struct Pair<'net> {
    hosts: [Host<'net>; 2],
    sockets: [Arrivals; 2],
    addresses: [IpAddr; 2],
    token: u64,
}

/// Measures what was asked for.
pub(super) fn run(
    near: Host<'_>,
    far: Host<'_>,
    target: IpAddr,
    asked: &Measurement,
) -> Result<LinkReport> {
    let pair = Pair::open(near, far, target)?;
    let declared = path::declared(near, pair.addresses[0], far, target);
    let is_known = declared.is_some();
    let known = declared.clone().unwrap_or_default();
    let answers = pair.greet(&known)?;
    let round_trips = pair.round_trips(asked.round_trips, &known, answers)?;
    // Nobody knows how long a way over other nodes is: as long as a round trip at the most.
    let slowest = round_trips.last().copied().unwrap_or_default();
    let mut directions = <[DirectionReport; 2]>::default();
    for (from, report) in directions.iter_mut().enumerate() {
        let in_order = is_known && !known[from].reorders();
        let course = pair.course(&known[from], in_order, slowest, asked);
        pair.count(from, &course, report)?;
    }
    for (from, report) in directions.iter_mut().enumerate() {
        pair.load(from, &known[from], slowest, asked, report)?;
    }
    if let Some([forth, back]) = declared {
        directions[0].declared = Some(forth);
        directions[1].declared = Some(back);
    }
    Ok(LinkReport {
        names: [near, far].map(|host| host.name().to_owned()),
        addresses: pair.addresses,
        round_trips,
        asked: asked.round_trips,
        directions,
    })
}

impl<'net> Pair<'net> {
    fn open(near: Host<'net>, far: Host<'net>, target: IpAddr) -> Result<Self> {
        let any: IpAddr = match target {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let theirs = within(far, || UdpSocket::bind((target, 0)))?;
        let own = within(near, || {
            let own = UdpSocket::bind((any, 0))?;
            own.connect(theirs.local_addr()?)?;
            Ok(own)
        })?;
        within(far, || theirs.connect(own.local_addr()?))?;
        let source = within(near, || Ok(own.local_addr()?.ip()))?;
        Ok(Self {
            hosts: [near, far],
            sockets: [
                within(near, || Arrivals::of(own))?,
                within(far, || Arrivals::of(theirs))?,
            ],
            addresses: [source, target],
            token: RandomState::new().build_hasher().finish(),
        })
    }

    /// Lets both find each other's hardware addresses: what waits for these is neither late nor lost by the link. Whether they did.
    fn greet(&self, known: &[Declared; 2]) -> Result<bool> {
        for _ in 0..GREETINGS {
            if !self.ping(1, PATIENCE, known)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn round_trips(
        &self,
        count: u32,
        known: &[Declared; 2],
        answers: bool,
    ) -> Result<Vec<Duration>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let is_sound = answers && known.iter().all(Declared::is_sound);
        let patience = if is_sound { LONG_PATIENCE } else { PATIENCE };
        let mut times = self.ping(count, patience, known)?;
        if times.is_empty() && answers {
            // All at once are rather late than lost.
            times = self.ping(count, LONG_PATIENCE, known)?;
        }
        times.sort_unstable();
        Ok(times)
    }

    fn ping(&self, count: u32, patience: Duration, known: &[Declared; 2]) -> Result<Vec<Duration>> {
        let ([near, _], [source, target]) = (self.hosts, self.addresses);
        let way: Duration = known.iter().map(Declared::longest).sum();
        let timeout = settings::scaled(patience) + way * 2;
        let ping = Ping::new().count(count).timeout(timeout).source(source);
        let report = near.try_run(|| probe::ping(&ping, target, 0, &target.to_string()))?;
        let report = report.map_err(|error| error.inside(near.name()))?;
        let times = report.answers().iter().filter_map(|answer| match answer {
            PingAnswer::Reply { time, .. } => Some(*time),
            _ => None,
        });
        Ok(times.collect())
    }

    fn course(
        &self,
        known: &Declared,
        in_order: bool,
        slowest: Duration,
        asked: &Measurement,
    ) -> Course {
        let frame = self.frame(asked.payload);
        let longest = known.longest().max(slowest);
        Course {
            token: self.token,
            datagrams: asked.datagrams,
            payload: asked.payload,
            room: known.room(frame),
            in_order,
            is_sound: known.is_sound(),
            longest,
            sending: known.time_for(frame),
            patience: settings::scaled(PATIENCE) + longest + known.waiting(),
        }
    }

    /// Counts what becomes of the datagrams from one of the hosts.
    fn count(&self, from: usize, course: &Course, report: &mut DirectionReport) -> Result<()> {
        if course.datagrams == 0 {
            return Ok(());
        }
        let receiving = self.hosts[1 - from];
        let before = self.dropped(receiving)?;
        let tally = count::count(&self.sockets[from], &self.sockets[1 - from], course)
            .map_err(|cause| refused(receiving, cause))?;
        let dropped = self.dropped(receiving)?.since(before);
        if dropped.overflowed > 0 {
            let cause = format!(
                "{} datagrams came faster than they could be read",
                dropped.overflowed
            );
            return Err(refused(receiving, io::Error::other(cause))
                .help("fewer threads at once leave the measurement time to read"));
        }
        report.sent = course.datagrams.into();
        report.distinct = tally.distinct;
        report.duplicates = tally.duplicates;
        report.overtaken = tally.overtaken;
        report.damaged = dropped.damaged;
        Ok(())
    }

    /// Loads the direction from one of the hosts.
    fn load(
        &self,
        from: usize,
        known: &Declared,
        slowest: Duration,
        asked: &Measurement,
        report: &mut DirectionReport,
    ) -> Result<()> {
        if asked.time.is_zero() {
            return Ok(());
        }
        let payload = self.payload(known, asked.time)?;
        let through = (1.0 - known.loss()).max(0.1);
        let load = Load {
            token: self.token.wrapping_add(1),
            payload,
            frame: self.frame(payload),
            time: asked.time,
            offer: known.rate().map(|rate| rate as f64 * EXCESS / through),
            longest: known.longest().max(slowest) + known.waiting(),
        };
        let throughput = rate::measure(&self.sockets[from], &self.sockets[1 - from], &load)
            .map_err(|cause| refused(self.hosts[1 - from], cause))?;
        report.time = asked.time;
        report.offered = Some(throughput.offered);
        report.rate = throughput.carried;
        Ok(())
    }

    /// As large as the hosts' interfaces allow; smaller where a low rate would carry a few of those only.
    fn payload(&self, known: &Declared, time: Duration) -> Result<usize> {
        let mut mtu = LARGEST_MTU;
        for host in self.hosts {
            let interfaces = host.interfaces()?;
            let own = interfaces.iter().filter(|it| it.name != "lo");
            mtu = own.map(|it| it.mtu as usize).fold(mtu, usize::min);
        }
        let largest = mtu.saturating_sub(LARGEST_HEADERS).max(SMALLEST_PAYLOAD);
        let Some(rate) = known.rate() else {
            return Ok(largest);
        };
        let bytes = rate as f64 * time.as_secs_f64() / 8.0 / FRAMES;
        Ok((bytes as usize).clamp(SMALLEST_PAYLOAD, largest))
    }

    /// Bytes of the frame of a datagram.
    fn frame(&self, payload: usize) -> usize {
        /// Headers of Ethernet and UDP.
        const HEADERS: usize = 14 + 8;
        let ip = if self.addresses[0].is_ipv4() { 20 } else { 40 };
        HEADERS + ip + payload
    }

    fn dropped(&self, host: Host<'_>) -> Result<Dropped> {
        let is_ipv4 = self.addresses[0].is_ipv4();
        within(host, || Dropped::read(is_ipv4))
    }
}

/// Does something with sockets in a host.
fn within<T: Send>(host: Host<'_>, act: impl FnOnce() -> io::Result<T> + Send) -> Result<T> {
    host.try_run(act)?.map_err(|cause| refused(host, cause))
}

fn refused(host: Host<'_>, cause: io::Error) -> Error {
    Error::kernel("measure with a udp socket", cause).inside(host.name())
}
