//! The runtime of one host: a thread that enters the host, builds the runtime there, and runs what it is given.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use crate::error::{Error, Result};
use crate::machine;
use crate::runtime::Entrance;
use crate::runtime::inbox::Inbox;
use crate::settings;
use crate::sys::netns;
use crate::task::{Control, Job};

/// What the standing thread may need after the deadline to say how it ended, before scaling.
const GRACE: Duration = Duration::from_millis(250);

/// A host's runtime, seen from outside.
pub(crate) struct HostRuntime {
    pub(crate) host: String,
    /// The thread that polls the host's tasks.
    pub(crate) thread: ThreadId,
    number: i32,
    inbox: Arc<Inbox>,
    tasks: Mutex<Vec<Weak<dyn Control>>>,
    goodbye: Mutex<Goodbye>,
}

/// What the standing thread says last: which threads of the pool have outlived the runtime.
struct Goodbye {
    waiting: Receiver<Vec<i32>>,
    said: Option<Vec<i32>>,
}

/// The threads that run on after a runtime was told to end.
pub(crate) enum StillRuns {
    /// The standing thread, in a task that does not await.
    Standing(i32),
    /// Workers, and threads for blocking code.
    Pooled(Vec<i32>),
}

/// The numbers of the live threads of a runtime's pool.
#[derive(Clone, Default)]
struct Pool(Arc<Mutex<Vec<i32>>>);

/// Where people use Tokio's feature `signal`, the first runtime of a process opens sockets that stay until the process ends. In a host they
/// would hold its network as long, so that one is built in the machine's.
fn keep_tokio_at_home() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // Dropped there too: the caller may be async. If it cannot be built there, it can neither be in the host, which is told then.
        drop(machine::run("netns builder", || {
            drop(Builder::new_current_thread().enable_all().build());
        }));
    });
}

impl HostRuntime {
    /// Starts the host's thread, and returns when its runtime takes jobs.
    pub(crate) fn start(entrance: Entrance, workers: Option<usize>) -> Result<Self> {
        keep_tokio_at_home();
        let host = entrance.host.clone();
        let inbox = Arc::new(Inbox::default());
        let (ready, is_ready) = mpsc::channel();
        let (say_goodbye, waiting) = mpsc::channel();
        let jobs = Arc::clone(&inbox);
        let stand = move || stand(entrance, workers, &jobs, &ready, &say_goodbye);
        let what = || format!("start the async runtime of host `{host}`");
        let thread = thread::Builder::new()
            .name(host.clone())
            .spawn(stand)
            .map_err(|cause| {
                let help = machine::what_helps(&cause);
                Error::kernel(what(), cause).help(help)
            })?;
        let number = is_ready.recv().unwrap_or_else(|_| {
            let gone = std::io::Error::other("its thread has ended");
            Err(Error::kernel(what(), gone))
        })?;
        Ok(Self {
            host,
            thread: thread.thread().id(),
            number,
            inbox,
            tasks: Mutex::default(),
            goodbye: Mutex::new(Goodbye {
                waiting,
                said: None,
            }),
        })
    }

    /// Runs a job, and remembers whose it is.
    pub(crate) fn give(&self, job: Job, control: Weak<dyn Control>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Doubling keeps the cost of forgetting finished ones small.
        if tasks.len() == tasks.capacity() {
            tasks.retain(|task| task.upgrade().is_some_and(|task| !task.is_finished()));
        }
        tasks.push(control);
        drop(tasks);
        self.inbox.give(job);
    }

    /// Waits until the thread has done what there is to do now, for a bounded time.
    pub(crate) fn catch_up(&self, deadline: Instant) {
        let (here, passed) = mpsc::channel::<()>();
        // It is polled after everything that waits to be polled.
        self.inbox
            .give(Box::new(move || Box::pin(async move { drop(here) })));
        let left = deadline.saturating_duration_since(Instant::now());
        // Nothing is ever sent: the sender is dropped there. A thread that is too busy for that is not waited for.
        passed.recv_timeout(left).unwrap_or(());
    }

    /// Tells the runtime to end; nobody waits yet.
    pub(crate) fn close(&self, deadline: Instant) {
        self.inbox.close(deadline);
    }

    /// Whether the runtime has ended by then.
    pub(crate) fn ends_by(&self, limit: Instant) -> bool {
        self.thread == thread::current().id()
            || !matches!(self.hear(limit), Err(RecvTimeoutError::Timeout))
    }

    fn hear(&self, limit: Instant) -> Result<Vec<i32>, RecvTimeoutError> {
        let mut goodbye = self.goodbye.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(threads) = &goodbye.said {
            return Ok(threads.clone());
        }
        let left = limit.saturating_duration_since(Instant::now());
        let threads = goodbye.waiting.recv_timeout(left)?;
        Ok(goodbye.said.insert(threads).clone())
    }

    /// Waits until the runtime has ended, and tells which of its threads have not.
    pub(crate) fn ended(&self, deadline: Instant) -> Option<StillRuns> {
        // A network that is dropped by one of its own tasks.
        if self.thread == thread::current().id() {
            return None;
        }
        match self.hear(deadline + settings::scaled(GRACE)) {
            Ok(threads) if threads.is_empty() => None,
            Ok(threads) => Some(StillRuns::Pooled(threads)),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => Some(StillRuns::Standing(self.number)),
        }
    }

    /// Ends what the thread did not: nobody who awaits a task of a closed network shall wait for ever.
    pub(crate) fn close_tasks(&self) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let tasks = std::mem::take(&mut *tasks);
        for task in tasks.iter().filter_map(Weak::upgrade) {
            task.close();
        }
    }
}

/// The life of a host's thread.
fn stand(
    entrance: Entrance,
    workers: Option<usize>,
    inbox: &Inbox,
    ready: &Sender<Result<i32>>,
    say_goodbye: &Sender<Vec<i32>>,
) {
    let pool = Pool::default();
    let runtime = match entrance
        .enter()
        .and_then(|()| build(entrance, workers, &pool))
    {
        Ok(runtime) => runtime,
        Err(error) => {
            drop(ready.send(Err(error)));
            return;
        }
    };
    drop(ready.send(Ok(netns::calling_thread())));
    let tasks = LocalSet::new();
    runtime.block_on(tasks.run_until(serve(inbox)));
    {
        // What a future does when it is dropped may need the runtime.
        let _inside = runtime.enter();
        drop(tasks);
    }
    let left = inbox
        .deadline()
        .map(|deadline| deadline.saturating_duration_since(Instant::now()));
    runtime.shutdown_timeout(left.unwrap_or_default());
    drop(say_goodbye.send(pool.threads()));
}

/// Begins every job that comes in, until the inbox is closed.
///
/// None is dropped before it has begun: what a task does first, panicking included, does not depend on how soon the test ends.
async fn serve(inbox: &Inbox) {
    let not_begun = Rc::new(Cell::new(0_usize));
    while let Some(job) = poll_fn(|context| inbox.poll_next(context)).await {
        let (job, begins) = (job(), Rc::clone(&not_begun));
        not_begun.set(not_begun.get() + 1);
        drop(tokio::task::spawn_local(async move {
            begins.set(begins.get() - 1);
            job.await;
        }));
    }
    while not_begun.get() > 0 {
        tokio::task::yield_now().await;
    }
}

fn build(entrance: Entrance, workers: Option<usize>, pool: &Pool) -> Result<Runtime> {
    let mut builder = match workers {
        None => Builder::new_current_thread(),
        Some(workers) => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(workers);
            builder
        }
    };
    let what = format!("start the async runtime of host `{}`", entrance.host);
    let (started, stopped) = (pool.clone(), pool.clone());
    builder
        .enable_all()
        .thread_name(format!("{} pool", entrance.host))
        .on_thread_start(move || {
            entrance.find_back();
            started.add(netns::calling_thread());
        })
        .on_thread_stop(move || stopped.remove(netns::calling_thread()));
    builder.build().map_err(|cause| Error::kernel(what, cause))
}

impl Pool {
    fn add(&self, thread: i32) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(thread);
    }

    fn remove(&self, thread: i32) {
        let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|other| *other != thread);
    }

    fn threads(&self) -> Vec<i32> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
