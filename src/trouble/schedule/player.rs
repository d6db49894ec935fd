//! The thread that plays a schedule.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Schedule;
use super::act::{self, Begun};
use super::agenda::{Agenda, Deed};
use super::playing::PlayedStep;
use super::rates::Rates;
use super::step::{Step, What};
use crate::error::{Error, Kind, Result, panic_text};
use crate::impairment::{Rate, RateTrace};
use crate::live::{Parts, Undo};
use crate::machine;
use crate::network::Network;

/// A schedule that is being played. Dropping it ends the thread, and leaves its trouble as it is.
pub(super) struct Player {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread and those who wait for it both know.
#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Nothing more is to be done.
    is_stopped: bool,
    /// All that was due before this has been done; nothing if all has.
    next: Option<Duration>,
    live: Vec<Live>,
    begun: u64,
    log: Vec<PlayedStep>,
    /// Of a step that failed: what it was, and why.
    failure: Option<(u64, String)>,
}

/// Trouble that a step began.
struct Live {
    key: u64,
    name: Option<String>,
    what: String,
    undo: Undo,
    rates: Option<(Rates, usize)>,
}

impl Player {
    pub(super) fn start(parts: &Arc<Parts>, schedule: Schedule, seed: u64) -> Result<Self> {
        let shared = Arc::<Shared>::default();
        shared.state().next = Some(Duration::ZERO);
        let play = Play {
            // The network is closed by its owner, and this ends because of that, not the other way round.
            parts: Arc::downgrade(parts),
            schedule,
            seed,
            shared: Arc::clone(&shared),
            began: Instant::now(),
        };
        let thread = thread::Builder::new().name("schedule".to_owned());
        // Threads are born where their parent is, and one in a node would look like one that the test has left there.
        let started = machine::run("schedule", || thread.spawn(move || play.all()))?;
        Ok(Self {
            shared,
            thread: Some(started.map_err(machine::no_thread)?),
        })
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Stops, and ends what it began, the latest first.
    pub(super) fn end(mut self, parts: &Arc<Parts>) -> Result<()> {
        self.stop();
        let healed = self.shared.heal(parts, |_| true);
        self.shared.told(parts)?;
        healed
    }

    fn stop(&mut self) {
        self.shared.state().is_stopped = true;
        self.shared.changed.notify_all();
        let Some(thread) = self.thread.take() else {
            return;
        };
        // A step may end the schedule that it is of.
        if thread.thread().id() != thread::current().id() {
            // What panicked in it is in the failure.
            drop(thread.join());
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn log(&self) -> Vec<PlayedStep> {
        self.state().log.clone()
    }

    /// Waits until all has been done that is due until then.
    pub(super) fn wait_for(&self, at: Duration) -> Result<()> {
        let is_before =
            |state: &mut State| !state.is_stopped && state.next.is_some_and(|next| next <= at);
        let state = self.changed.wait_while(self.state(), is_before);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.failed()
    }

    /// What failed, if anything did; nobody has missed it then.
    pub(super) fn told(&self, parts: &Parts) -> Result<()> {
        let number = self.state().failure.as_ref().map(|it| it.0);
        // Not under the lock: who lists troubles asks here, too.
        if let Some(number) = number {
            parts.troubles.told_of(number);
        }
        self.state().failed()
    }

    /// Waits for a moment of the schedule; nothing is until it is due.
    fn is_time(&self, began: Instant, next: Option<Duration>) -> bool {
        let mut state = self.state();
        state.next = next;
        self.changed.notify_all();
        let Some(next) = next else { return false };
        loop {
            if state.is_stopped {
                return false;
            }
            let Some(left) = next.checked_sub(began.elapsed()).filter(|it| !it.is_zero()) else {
                return true;
            };
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends those troubles, the latest first. All are tried.
    fn heal(&self, parts: &Arc<Parts>, which: impl Fn(&Live) -> bool) -> Result<()> {
        let mut state = self.state();
        let all = std::mem::take(&mut state.live);
        let (ending, live) = all.into_iter().partition(|it| which(it));
        state.live = live;
        drop(state);
        let ending: Vec<Live> = ending;
        let ended = ending.into_iter().rev().map(|it| (it.undo)(parts));
        let ended: Vec<Result<()>> = ended.collect();
        if !ended.is_empty() {
            parts.search_again();
        }
        ended.into_iter().collect()
    }
}

impl State {
    fn failed(&self) -> Result<()> {
        match &self.failure {
            Some((_, cause)) => Err(Error::new(Kind::Kernel, "play a schedule", cause)
                .help("nothing of the schedule was done after that")),
            None => Ok(()),
        }
    }
}

/// What the thread knows.
struct Play {
    parts: Weak<Parts>,
    schedule: Schedule,
    seed: u64,
    shared: Arc<Shared>,
    began: Instant,
}

impl Play {
    fn all(&self) {
        let mut agenda = Agenda::of(&self.schedule, self.seed);
        while self.shared.is_time(self.began, agenda.next()) {
            let (Some((at, deed)), Some(parts)) = (agenda.pop(), self.parts.upgrade()) else {
                break;
            };
            let at_work = Instant::now().duration_since(self.began);
            let mut what = self.told(&deed);
            let is_rate = matches!(deed, Deed::Rate(..));
            let done = catch_unwind(AssertUnwindSafe(|| {
                self.act(&parts, &mut agenda, at, deed, &mut what)
            }));
            let done = done.unwrap_or_else(|panicked| Err(crashed(&*panicked)));
            let Some(what) = what else { continue };
            let error = done.err().map(|error| error.in_brief().0);
            let played = PlayedStep {
                planned: at,
                at: at_work,
                what,
                error,
                is_rate,
            };
            if self.note(&parts, played) {
                break;
            }
        }
        let mut state = self.shared.state();
        state.next = None;
        self.shared.changed.notify_all();
    }

    /// Whether it failed, which ends the schedule.
    fn note(&self, parts: &Parts, played: PlayedStep) -> bool {
        let text = played.to_string();
        let has_failed = played.error.is_some();
        let number = has_failed.then(|| parts.troubles.failed(&text));
        let mut state = self.shared.state();
        state.log.push(played);
        state.failure = number.map(|number| (number, text));
        has_failed
    }

    /// What is done, in words: nothing if that is no news.
    fn told(&self, deed: &Deed) -> Option<String> {
        let state = self.shared.state();
        let live = |key: &u64| state.live.iter().find(|it| it.key == *key);
        match deed {
            Deed::Round(number) => Some(format!("begin round {}", number + 1)),
            Deed::Step { position, .. } => Some(self.schedule.steps[*position].1.to_string()),
            Deed::End(key) => live(key).map(|it| format!("end: {}", it.what)),
            Deed::Rate(key, at) => {
                let (_, trace) = self.trace(live(key)?.rates.as_ref()?)?;
                let rate = Rate(trace.steps[*at].1);
                Some(format!("go on with {rate}: {}", live(key)?.what))
            }
        }
    }

    fn act(
        &self,
        parts: &Arc<Parts>,
        agenda: &mut Agenda,
        at: Duration,
        deed: Deed,
        what: &mut Option<String>,
    ) -> Result<()> {
        match deed {
            Deed::Round(round) => {
                self.shared.heal(parts, |_| true)?;
                agenda.begin(&self.schedule, self.seed, round, at);
                Ok(())
            }
            Deed::Step {
                position,
                lasting,
                chance,
            } => {
                let step = &self.schedule.steps[position].1;
                match &step.what {
                    What::Heal => return self.shared.heal(parts, |_| true),
                    What::End(name) => {
                        return self.shared.heal(parts, |it| it.name.as_ref() == Some(name));
                    }
                    _ => {}
                }
                let net = Network::from_parts(Arc::clone(parts));
                if let Some(begun) = act::begin(&net, step, chance)? {
                    if matches!(step.what, What::RandomHalves) {
                        *what = Some(begun.trouble.to_string());
                    }
                    self.remember(agenda, at, position, lasting, begun);
                }
                Ok(())
            }
            Deed::End(key) => self.shared.heal(parts, |it| it.key == key),
            Deed::Rate(key, position) => self.go_on(parts, agenda, at, key, position),
        }
    }

    /// Takes the trouble over, and notes down what will become of it.
    fn remember(
        &self,
        agenda: &mut Agenda,
        at: Duration,
        position: usize,
        lasting: Option<Duration>,
        begun: Begun<'_>,
    ) {
        let step: &Step = &self.schedule.steps[position].1;
        let what = step.to_string();
        // Somebody may have healed it already.
        let Some(undo) = begun.trouble.into_undo() else {
            return;
        };
        let mut state = self.shared.state();
        state.begun += 1;
        let key = state.begun;
        if let What::Rates(_, _, trace) = &step.what {
            if trace.steps.len() > 1 {
                agenda.note(at.saturating_add(trace.steps[0].0), Deed::Rate(key, 1));
            }
        }
        if let Some(time) = lasting {
            agenda.note(at.saturating_add(time), Deed::End(key));
        }
        state.live.push(Live {
            key,
            name: step.name.clone(),
            what,
            undo,
            rates: begun.rates.map(|rates| (rates, position)),
        });
    }

    /// Goes on with the rate at a position of the trace, and notes down the next one that is not over yet.
    fn go_on(
        &self,
        parts: &Parts,
        agenda: &mut Agenda,
        mut at: Duration,
        key: u64,
        mut position: usize,
    ) -> Result<()> {
        let found = {
            let state = self.shared.state();
            let live = state.live.iter().find(|it| it.key == key);
            live.and_then(|it| it.rates.clone())
        };
        let Some((rates, trace)) = found.as_ref().and_then(|it| self.trace(it)) else {
            return Ok(());
        };
        rates.set(parts, trace.steps[position].1)?;
        loop {
            at = at.saturating_add(trace.steps[position].0);
            position += 1;
            if position == trace.steps.len() {
                if !trace.repeated {
                    // The last rate stays; what is late is done all the same.
                    return Ok(());
                }
                position = 0;
            }
            let is_last = !trace.repeated && position + 1 == trace.steps.len();
            let ends = at.saturating_add(trace.steps[position].0);
            if is_last || ends > self.began.elapsed() {
                agenda.note(at, Deed::Rate(key, position));
                return Ok(());
            }
        }
    }

    fn trace<'a>(
        &'a self,
        (rates, position): &'a (Rates, usize),
    ) -> Option<(&'a Rates, &'a RateTrace)> {
        match &self.schedule.steps[*position].1.what {
            What::Rates(_, _, trace) => Some((rates, trace)),
            _ => None,
        }
    }
}

fn crashed(panicked: &(dyn std::any::Any + Send)) -> Error {
    let text = panic_text(panicked);
    Error::new(Kind::Panicked, "do so", format!("it panicked: {text}"))
}
