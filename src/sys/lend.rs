//! Work that borrows, done by a thread that lives longer than the loan.
#![allow(unsafe_code, reason = "a lifetime that the compiler cannot see")]

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Sender};
use std::thread;

/// Work for another thread.
pub(crate) type Job = Box<dyn FnOnce() + Send>;
/// Work for a thread that has something to be worked on.
pub(crate) type JobOn<A> = Box<dyn FnOnce(&mut A) + Send>;

/// The work and where its result goes. Fields are dropped in this order: whoever waits for the result goes on after the work is gone.
struct Loan<F, T> {
    body: F,
    result: Sender<thread::Result<T>>,
}

impl<F, T> Loan<F, T> {
    fn work<A>(self, on: &mut A)
    where
        F: FnOnce(&mut A) -> T,
    {
        let Self { body, result } = self;
        let value = panic::catch_unwind(AssertUnwindSafe(|| body(on)));
        // The receiver waits until this is sent.
        drop(result.send(value));
    }
}

/// Hands `body` to whoever `give` gives it to, waits, and forwards its panic. `None`: it was dropped undone.
pub(crate) fn lend<'a, T: Send + 'a>(
    body: impl FnOnce() -> T + Send + 'a,
    give: impl FnOnce(Job),
) -> Option<T> {
    lend_on(|()| body(), |job| give(Box::new(move || job(&mut ()))))
}

/// The same for a body that works on what the other thread has.
pub(crate) fn lend_on<'a, A: 'static, T: Send + 'a>(
    body: impl FnOnce(&mut A) -> T + Send + 'a,
    give: impl FnOnce(JobOn<A>),
) -> Option<T> {
    let (result, value) = mpsc::channel();
    let loan = Loan { body, result };
    let job: Box<dyn FnOnce(&mut A) + Send + 'a> = Box::new(move |on| loan.work(on));
    // SAFETY: what the job borrows outlives this call, and this call outlives the job: it waits until the result has been sent,
    // which is after `body` was consumed, or until the sender is gone, which a job that is dropped drops last.
    let job: JobOn<A> =
        unsafe { std::mem::transmute::<Box<dyn FnOnce(&mut A) + Send + 'a>, JobOn<A>>(job) };
    // If `give` panics, the job is with it or with the other thread, and must be waited for all the same.
    let given = panic::catch_unwind(AssertUnwindSafe(|| give(job)));
    let value = value.recv();
    if let Err(payload) = given {
        panic::resume_unwind(payload);
    }
    match value {
        Ok(Ok(value)) => Some(value),
        Ok(Err(payload)) => panic::resume_unwind(payload),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_stands_works_on_what_is_borrowed() {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let thread = thread::spawn(move || waiting.into_iter().for_each(|job| job()));
        let mut text = String::from("a");
        let length = lend(
            || {
                text.push('b');
                text.len()
            },
            |job| jobs.send(job).unwrap(),
        );
        assert_eq!((length, text.as_str()), (Some(2), "ab"));
        let payload = panic::catch_unwind(AssertUnwindSafe(|| {
            lend(
                || panic!("on the other side"),
                |job| jobs.send(job).unwrap(),
            )
        }));
        assert_eq!(
            payload.unwrap_err().downcast_ref::<&str>(),
            Some(&"on the other side")
        );
        drop(jobs);
        thread.join().unwrap();
    }

    #[test]
    fn work_that_nobody_does_is_told() {
        let text = String::from("a");
        assert_eq!(lend(|| text.len(), drop), None);
    }
}
