//! What joins the two halves of a wire: the kernel, or a thread of ours, the engine.

mod engine;
mod fate;
mod line;
mod works;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::error::Result;
use crate::packet::{Rules, Way};
use crate::plan::Plan;
use crate::sys::tc::Socket;

pub(crate) use engine::{
    Core, Counters, End, Engine, Frames, Opening, Recording, Seen, refuse_in_rules,
};
pub(crate) use line::Line;
use works::Works;

/// Why the kernel cannot let a rate be 0.
pub(crate) const NO_OUTAGE: &str =
    "the kernel's token bucket cannot stop: a rate of 0 needs our own wire";

/// What all wires of a network have in common, and the state of each.
#[derive(Debug)]
pub(crate) struct Relay {
    /// The indexes of their ports.
    ports: Vec<[u32; 2]>,
    lines: Vec<Mutex<Line>>,
    /// Started for the first wire that needs it.
    engine: Mutex<Option<Arc<Engine>>>,
    /// For qdiscs and filters, in the namespace where the wires' halves meet.
    socket: Mutex<Option<Socket>>,
    /// The rules of each wire, which the engine follows.
    rules: Vec<Arc<Mutex<Rules>>>,
    works: Works,
    /// How many rules there have been.
    numbers: AtomicU64,
    /// Why the kernel cannot impair here, once it was tried.
    lack: OnceLock<String>,
}

impl Relay {
    pub(crate) fn new(plan: &Plan) -> Self {
        let ports = plan
            .wires
            .iter()
            .map(|wire| wire.ports.each_ref().map(|port| port.index));
        let lines = (0..plan.wires.len()).map(|wire| Mutex::new(Line::new(plan, wire)));
        Self {
            ports: ports.collect(),
            lines: lines.collect(),
            engine: Mutex::default(),
            socket: Mutex::default(),
            rules: plan.wires.iter().map(|_| Arc::default()).collect(),
            works: Works::default(),
            numbers: AtomicU64::new(0),
            lack: OnceLock::new(),
        }
    }

    /// The indexes of a wire's ports.
    pub(crate) fn ports(&self, wire: usize) -> [u32; 2] {
        self.ports[wire]
    }

    /// The state of a wire. Who changes it makes it true.
    pub(crate) fn line(&self, wire: usize) -> MutexGuard<'_, Line> {
        // Whoever has it may be waiting for the engine.
        refuse_in_rules();
        lock(&self.lines[wire])
    }

    /// The engine, which is started if it is not running.
    pub(crate) fn engine(
        &self,
        start: impl FnOnce(Vec<[u32; 2]>) -> Result<Engine>,
    ) -> Result<Arc<Engine>> {
        let mut engine = lock(&self.engine);
        if let Some(engine) = &*engine {
            return Ok(Arc::clone(engine));
        }
        let started = start(self.ports.clone())?;
        Ok(Arc::clone(engine.insert(Arc::new(started))))
    }

    /// The engine, if it is running.
    pub(crate) fn running(&self) -> Option<Arc<Engine>> {
        lock(&self.engine).clone()
    }

    /// The rules of a wire. They are changed between two packets: on the engine's thread.
    pub(crate) fn rules(&self, wire: usize) -> &Arc<Mutex<Rules>> {
        &self.rules[wire]
    }

    /// What rules do.
    pub(crate) fn works(&self) -> &Works {
        &self.works
    }

    /// What was asked to be wrong with what goes this way: an impairment, and rules that have had something to do.
    ///
    /// Does not wait: a wire that is being changed just now has no impairment that could be told.
    pub(crate) fn trouble(&self, wire: usize, way: Way) -> Option<String> {
        let line = self.lines[wire].try_lock().ok();
        let impaired = line.and_then(|line| Some(line.effective(way)?.0.to_string()));
        let all: Vec<String> = impaired.into_iter().chain(self.works.of(wire)).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// A number that no rule of the network has had.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Has the socket for qdiscs and filters do something.
    pub(crate) fn with_socket<T>(
        &self,
        open: impl FnOnce() -> Result<Socket>,
        act: impl FnOnce(&mut Socket) -> Result<T>,
    ) -> Result<T> {
        let mut socket = lock(&self.socket);
        if let Some(socket) = &mut *socket {
            return act(socket);
        }
        act(socket.insert(open()?))
    }

    /// Whether the kernel was told anything.
    pub(crate) fn has_socket(&self) -> bool {
        lock(&self.socket).is_some()
    }

    /// Why the kernel cannot impair here, if that was found out.
    pub(crate) fn lack(&self) -> &OnceLock<String> {
        &self.lack
    }

    /// Ends the engine's thread, which lives in the network.
    pub(crate) fn end(&self) {
        let engine = lock(&self.engine).take();
        drop(engine);
    }
}

/// A panic of somebody who held it leaves nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
