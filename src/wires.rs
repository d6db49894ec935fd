//! Makes wires what they are to be: who joins their halves, and what is wrong with each direction.

mod counters;
mod watch;

pub(crate) use counters::counters;
pub(crate) use watch::{Rule, Watch};

use crate::error::{Error, Kind, Result};
use crate::impairment::{Backend, Impairment};
use crate::live::Parts;
use crate::packet::Way;
use crate::plan::{Cable, End};
use crate::relay::{Engine, Frames, Line, NO_OUTAGE};
use crate::sys::offload::{self, Offloads};
use crate::sys::tc;
use crate::sys::tc::Socket;
use crate::worker;

/// Joins the halves of all wires.
pub(crate) fn start(parts: &Parts) -> Result<()> {
    let mut is_prepared = false;
    for wire in 0..parts.plan.wires.len() {
        change(parts, wire, |_| ())?;
        // By now it is known whether the kernel will do.
        if let Some(engine) = parts.relay.running().filter(|_| !is_prepared) {
            prepare(parts, &engine, wire + 1)?;
            is_prepared = true;
        }
    }
    Ok(())
}

/// Opens what the engine needs for the wires from this one on, all at once.
fn prepare(parts: &Parts, engine: &Engine, first: usize) -> Result<()> {
    let wires = first..parts.plan.wires.len();
    let needed = wires.filter_map(|wire| {
        let line = parts.relay.line(wire);
        let is_for_the_kernel = parts.plan.backend != Backend::Wire
            && parts.relay.lack().get().is_none()
            && why_not_the_kernel(&line).is_none();
        (!is_for_the_kernel).then(|| (wire, frames(&line)))
    });
    let prepared = engine.prepare(&needed.collect::<Vec<_>>());
    prepared.map_err(|cause| Error::kernel("open the ports of wires", cause))
}

/// Changes what a wire is to be, and makes it so. If that is refused, it is as it was before.
pub(crate) fn change<T>(
    parts: &Parts,
    wire: usize,
    change: impl FnOnce(&mut Line) -> T,
) -> Result<T> {
    let mut line = parts.relay.line(wire);
    let before = line.clone();
    let wire = Wire { parts, wire };
    let value = change(&mut line);
    match wire.refresh(&mut line) {
        Ok(()) => Ok(value),
        Err(error) => {
            line.go_back_to(before);
            // The first refusal is what somebody has to know.
            drop(wire.refresh(&mut line));
            Err(error)
        }
    }
}

/// A wire of a live network.
#[derive(Clone, Copy)]
struct Wire<'p> {
    parts: &'p Parts,
    wire: usize,
}

impl<'p> Wire<'p> {
    /// Makes the wire what the line says.
    fn refresh(self, line: &mut Line) -> Result<()> {
        let is_troubled = line.is_troubled();
        if is_troubled {
            self.offload(line, Offloads::Nothing)?;
        }
        self.join(line)?;
        match line.driver {
            _ if is_troubled => Ok(()),
            Some(Backend::Wire) => self.offload(line, Offloads::Plain),
            _ => self.offload(line, Offloads::All),
        }
    }

    /// By the kernel if it can and may; else by the engine.
    fn join(self, line: &mut Line) -> Result<()> {
        let lack = self.parts.relay.lack();
        match (self.parts.plan.backend, why_not_the_kernel(line)) {
            (Backend::Kernel, None) => self.by_kernel(line),
            (Backend::Kernel, Some(why)) => Err(self.kernel_cannot(&why)),
            (Backend::Automatic, None) if lack.get().is_none() => match self.by_kernel(line) {
                Err(error) if error.is_unsupported() => {
                    drop(lack.set(error.to_string()));
                    self.by_engine(line)
                }
                done => done,
            },
            _ => self.by_engine(line),
        }
    }

    fn by_kernel(self, line: &mut Line) -> Result<()> {
        if line.driver == Some(Backend::Wire) {
            if let Some(engine) = self.parts.relay.running() {
                engine.with(|core| core.release(self.wire));
            }
            line.joined_by(None);
        }
        let ports = self.parts.relay.ports(self.wire);
        let joined = line.driver == Some(Backend::Kernel);
        let longest = line.longest() as u32;
        self.with_socket(|socket| {
            for way in line.changed() {
                let (what, seed) = self.fate(line, way);
                tc::impair(socket, leaving(ports, way), longest, what, seed)?;
            }
            if joined {
                return Ok(());
            }
            tc::join(socket, ports)
        })?;
        line.joined_by(Some(Backend::Kernel));
        Ok(())
    }

    fn by_engine(self, line: &mut Line) -> Result<()> {
        // Also what a refused attempt has left.
        if line.driver != Some(Backend::Wire) && self.parts.relay.has_socket() {
            let ports = self.parts.relay.ports(self.wire);
            self.with_socket(|socket| {
                tc::part(socket, ports)?;
                ports
                    .into_iter()
                    .try_for_each(|port| tc::impair(socket, port, 0, None, 0).map(drop))
            })?;
            line.joined_by(None);
        }
        let engine = self.parts.relay.engine(|ports| self.start_engine(ports))?;
        let frames = frames(line);
        let failed = |cause| Error::kernel(format!("carry {}", self.name()), cause);
        // Beside the traffic of other lines, which would have to wait otherwise.
        engine.prepare(&[(self.wire, frames)]).map_err(failed)?;
        let taken = engine.with(|core| {
            for way in line.changed() {
                let (what, seed) = self.fate(line, way);
                core.impair(self.wire, way, what, seed);
            }
            core.take(self.wire, frames)
        });
        taken.map_err(failed)?;
        line.joined_by(Some(Backend::Wire));
        Ok(())
    }

    fn start_engine(self, ports: Vec<[u32; 2]>) -> Result<Engine> {
        let failed = |cause| Error::kernel("start the thread that carries packets", cause);
        self.inside(|| Engine::start(ports))?.map_err(failed)
    }

    fn with_socket<T>(self, act: impl FnOnce(&mut Socket) -> Result<T>) -> Result<T> {
        let failed = |cause| Error::kernel("open a socket for qdiscs", cause);
        let open = || self.inside(tc::open)?.map_err(failed);
        self.parts
            .relay
            .with_socket(open, act)
            .map_err(|error| error.happened_to(&self.name()))
    }

    /// In the namespace where the halves meet.
    fn inside<T: Send>(self, act: impl FnOnce() -> T + Send) -> Result<T> {
        let node = self.parts.plan.wires[self.wire].ports[0].node;
        worker::run_in(self.parts.node(node), act)
    }

    /// Has both hosts cut their data into packets themselves, or leave that to the cable.
    fn offload(self, line: &mut Line, kept: Offloads) -> Result<()> {
        if line.offloads == kept {
            return Ok(());
        }
        for End { node, name, .. } in &self.cable().ends {
            let node = self.parts.node(self.parts.plan.namespace_of(*node));
            let what = format!("set the offloads of interface `{name}`");
            worker::run_in(node, || offload::set(name, kept))?
                .map_err(|cause| Error::kernel(what, cause).inside(&node.name))?;
        }
        line.offloads = kept;
        Ok(())
    }

    /// What a direction is to suffer, and from which seed. Where nothing is left to chance, none is asked for.
    fn fate(self, line: &Line, way: Way) -> (Option<&Impairment>, u64) {
        let what = line.effective(way).map(|(what, _)| what);
        let seed = || {
            let chance = [self.wire as u64, way as u64, line.number(way)];
            self.parts.seed.of(chance)
        };
        (what, what.map_or(0, |_| seed()))
    }

    fn kernel_cannot(self, why: &str) -> Error {
        Error::new(
            Kind::Invalid,
            format!("impair {} by the kernel", self.name()),
            why,
        )
        .help("leave the choice to us: `.backend(Backend::Automatic)` in the topology")
    }

    fn cable(self) -> &'p Cable {
        let plan = &self.parts.plan;
        &plan.cables[plan.wires[self.wire].cable]
    }

    /// Called after its ends.
    fn name(self) -> String {
        let [a, b] = self.cable().ends.each_ref();
        let of = |end: &End| &*self.parts.plan.nodes[end.node].name;
        format!("the wire between `{}` and `{}`", of(a), of(b))
    }
}

/// Whoever is lost or delayed is one frame.
fn frames(line: &Line) -> Frames {
    if line.is_troubled() {
        Frames::Single {
            longest: line.longest(),
        }
    } else {
        Frames::Whole
    }
}

/// Why only the engine will do.
fn why_not_the_kernel(line: &Line) -> Option<String> {
    if line.watchers > 0 {
        return Some("rules and recordings need to see each packet".to_owned());
    }
    if line.outages > 0 {
        return Some(NO_OUTAGE.to_owned());
    }
    Way::BOTH
        .into_iter()
        .find_map(|way| tc::cannot(line.effective(way)?.0))
}

/// The port by which packets leave that go this way.
fn leaving([first, second]: [u32; 2], way: Way) -> u32 {
    match way {
        Way::Forth => second,
        Way::Back => first,
    }
}
