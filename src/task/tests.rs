//! Tasks without a runtime: their jobs are polled by hand.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::job::LocalFuture;
use super::*;

/// Tells whether it was woken.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn prepared<F, Fut>(make: F) -> (Task<Fut::Output>, LocalFuture, Arc<Panics>)
where
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future + 'static,
    Fut::Output: Send + 'static,
{
    let panics = Arc::new(Panics::default());
    let (task, _, job) = new("server", None, &panics, make);
    (task, job(), panics)
}

fn poll(job: &mut LocalFuture) -> Poll<()> {
    job.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn failure<T>(task: Task<T>) -> String {
    match panic::catch_unwind(panic::AssertUnwindSafe(|| task.join())) {
        Ok(_) => panic!("it should have failed"),
        Err(payload) => panic_text(&*payload),
    }
}

#[test]
fn a_value_arrives_once_the_job_was_polled() {
    let (mut task, mut job, _) = prepared(|| async { 5 });
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&flag));
    let mut context = Context::from_waker(&waker);
    assert_eq!(Pin::new(&mut task).poll(&mut context), Poll::Pending);
    assert!(!task.is_finished());
    assert_eq!(poll(&mut job), Poll::Ready(()));
    assert!(flag.0.load(Ordering::SeqCst) && task.is_finished());
    assert_eq!(Pin::new(&mut task).poll(&mut context), Poll::Ready(5));
    assert_eq!(
        failure(task),
        "failed to join a task of host `server`: its result has been taken already"
    );
}

#[test]
fn a_panic_goes_on_where_it_is_joined_and_is_then_no_secret() {
    let (task, mut job, panics) =
        prepared(|| async { panic::resume_unwind(Box::new("no cheese")) });
    assert_eq!(poll(&mut job), Poll::Ready(()));
    assert!(panics.nobody_missed_one().is_err());
    assert_eq!(failure::<()>(task), "no cheese");
    assert!(panics.nobody_missed_one().is_ok());
}

#[test]
fn an_aborted_task_says_so_and_its_future_is_gone_before() {
    struct Mark(Arc<AtomicBool>);
    impl Drop for Mark {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let gone = Arc::new(AtomicBool::new(false));
    let mark = Mark(Arc::clone(&gone));
    let (task, mut job, _) = prepared(move || async move {
        let _mark = mark;
        std::future::pending::<()>().await;
    });
    assert_eq!(poll(&mut job), Poll::Pending);
    task.abort();
    assert_eq!(poll(&mut job), Poll::Ready(()));
    assert!(gone.load(Ordering::SeqCst));
    assert_eq!(
        failure(task),
        "failed to join a task of host `server`: it was aborted"
    );
}

#[test]
fn a_job_that_is_dropped_leaves_nobody_waiting() {
    let (task, job, _) = prepared(std::future::pending::<()>);
    drop(job);
    assert_eq!(
        failure(task),
        "failed to join a task of host `server`: its network was closed before it ended"
    );
}

#[test]
fn a_future_that_panics_when_it_is_dropped_is_recorded() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic::resume_unwind(Box::new("too late"));
        }
    }
    let (task, mut job, panics) = prepared(|| async {
        let _bomb = Bomb;
        std::future::pending::<()>().await;
    });
    assert_eq!(poll(&mut job), Poll::Pending);
    drop(job);
    drop(task);
    assert_eq!(panics.all()[0].text, "too late");
}
