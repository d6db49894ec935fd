use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;
use crate::attempt::seconds;
use crate::settings::scaled;
use crate::wait::eventually;

/// For what another thread does by itself.
const SOON: Duration = Duration::from_secs(5);

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn poll<F: Future>(future: Pin<&mut F>, count: &Arc<Count>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::clone(count));
    future.poll(&mut Context::from_waker(&waker))
}

fn assert_send_sync<T: Send + Sync + Clone + 'static>(value: T) -> T {
    value
}

#[test]
fn it_serves_for_several_rounds() {
    let barrier = assert_send_sync(Barrier::new(3));
    let round = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for expected in 0..200 {
                    assert_eq!(round.load(Ordering::SeqCst), expected);
                    barrier.wait().unwrap();
                    // All have looked: one of them may move on.
                    round.fetch_max(expected + 1, Ordering::SeqCst);
                    barrier.wait().unwrap();
                }
            });
        }
    });
    assert_eq!(round.into_inner(), 200);
}

#[test]
fn a_party_that_never_comes_fails_the_others_at_once_and_for_good() {
    let barrier = Barrier::new(3);
    let limit = Duration::from_millis(20);
    let hasty = barrier.clone().within(limit);
    let expected = format!(
        "failed to wait at the barrier: 2 of 3 parties arrived within {}: thread `first`, thread `second`\n  \
         help: a party that has panicked or returned never arrives: look for the first failure",
        seconds(scaled(limit))
    );
    thread::scope(|scope| {
        let patient = thread::Builder::new().name("first".to_owned());
        let patient = patient.spawn_scoped(scope, || barrier.wait()).unwrap();
        eventually(SOON, || barrier.shared.lock().waiting.len() == 1).unwrap();
        let second = thread::Builder::new().name("second".to_owned());
        let second = second.spawn_scoped(scope, || hasty.wait()).unwrap();
        for error in [second, patient].map(|it| it.join().unwrap().unwrap_err()) {
            assert_eq!(error.to_string(), expected);
            assert!(error.is_timed_out());
        }
    });
    assert_eq!(barrier.wait().unwrap_err().to_string(), expected);
}

#[test]
fn an_async_party_is_woken_by_a_thread_and_by_the_limit() {
    let count = Arc::new(Count::default());
    let barrier = Barrier::new(2);
    let mut waiting = Box::pin(barrier.wait_async());
    assert!(poll(waiting.as_mut(), &count).is_pending());
    barrier.wait().unwrap();
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(matches!(
        poll(waiting.as_mut(), &count),
        Poll::Ready(Ok(()))
    ));

    let limit = Duration::from_millis(5);
    let hasty = barrier.clone().within(limit);
    let mut waiting = Box::pin(hasty.wait_async());
    assert!(poll(waiting.as_mut(), &count).is_pending());
    eventually(SOON, || count.0.load(Ordering::SeqCst) == 2).unwrap();
    let Poll::Ready(Err(error)) = poll(waiting.as_mut(), &count) else {
        panic!("the limit is reached");
    };
    let arrived = format!(
        ": 1 of 2 parties arrived within {}: ",
        seconds(scaled(limit))
    );
    assert!(error.to_string().contains(&arrived), "{error}");
}

#[test]
fn a_future_that_is_dropped_withdraws_its_party_and_ends_its_thread() {
    let count = Arc::new(Count::default());
    let barrier = Barrier::new(2);
    // Some of the threads sleep already when their party leaves, and some have not begun.
    for _ in 0..100 {
        let mut waiting = Box::pin(barrier.wait_async());
        assert!(poll(waiting.as_mut(), &count).is_pending());
        thread::yield_now();
    }
    assert!(format!("{barrier:?}").contains("parties: 2, waiting: 0"));
    // The thread that sees to the limit holds the barrier until it ends.
    eventually(SOON, || Arc::strong_count(&barrier.shared) == 1).unwrap();
    let hasty = barrier.within(Duration::from_millis(1));
    let text = hasty.wait().unwrap_err().to_string();
    assert!(text.contains(": 1 of 2 parties arrived"), "{text}");
}
