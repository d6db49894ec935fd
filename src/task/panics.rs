//! The panics of a network's tasks, for whoever judges the test.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Kind, Result};

/// Of more panics than these, the first are told.
const TOLD: usize = 8;

/// What the tasks of one network panicked with.
#[derive(Debug, Default)]
pub(crate) struct Panics(Mutex<Vec<Panicked>>);

/// A task that panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Panicked {
    pub(crate) host: String,
    pub(crate) text: String,
    /// Whether the panic went on in somebody who awaited the task.
    pub(crate) joined: bool,
}

impl Panics {
    fn lock(&self) -> MutexGuard<'_, Vec<Panicked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a panic, and returns its number.
    pub(crate) fn record(&self, host: &str, text: String) -> usize {
        let mut all = self.lock();
        all.push(Panicked {
            host: host.to_owned(),
            text,
            joined: false,
        });
        all.len() - 1
    }

    /// Somebody has got the panic.
    pub(crate) fn joined(&self, number: usize) {
        if let Some(panicked) = self.lock().get_mut(number) {
            panicked.joined = true;
        }
    }

    /// Takes the panics of a host's tasks for what its crash has done, since there were so many.
    pub(crate) fn excuse(&self, host: &str, since: usize) {
        for panicked in self.lock().iter_mut().skip(since) {
            panicked.joined |= panicked.host == host;
        }
    }

    /// All of them, in the order in which they happened.
    pub(crate) fn all(&self) -> Vec<Panicked> {
        self.lock().clone()
    }

    /// An error if there is a panic that nobody got.
    pub(crate) fn nobody_missed_one(&self) -> Result<()> {
        let all = self.all();
        let missed: Vec<&Panicked> = all.iter().filter(|panicked| !panicked.joined).collect();
        let (what, cause) = match *missed {
            [] => return Ok(()),
            [one] => (
                format!("finish a task of host `{}`", one.host),
                format!("it panicked: {}", one.text),
            ),
            _ => {
                let told: Vec<String> = missed
                    .iter()
                    .take(TOLD)
                    .map(|one| format!("\n    host `{}`: {}", one.host, one.text))
                    .collect();
                let number = missed.len();
                let all = format!("they panicked{}", told.concat());
                (format!("finish {number} tasks"), all)
            }
        };
        Err(Error::new(Kind::Panicked, what, cause)
            .help("nobody joined it: `.join()` or `.await` a task whose panic is expected"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_nobody_got_is_an_error_with_its_host_and_text() {
        let panics = Panics::default();
        let got = panics.record("client", "seen".to_owned());
        panics.joined(got);
        assert!(panics.nobody_missed_one().is_ok());
        panics.record("server", "out of cheese".to_owned());
        assert_eq!(
            panics.nobody_missed_one().unwrap_err().to_string(),
            "failed to finish a task of host `server`: it panicked: out of cheese\n  \
             help: nobody joined it: `.join()` or `.await` a task whose panic is expected"
        );
        panics.record("server", "out of wine".to_owned());
        let text = panics.nobody_missed_one().unwrap_err().to_string();
        assert!(
            text.starts_with("failed to finish 2 tasks: they panicked\n    host `server`: out of cheese\n    host `server`: out of wine\n"),
            "{text}"
        );
    }
}
