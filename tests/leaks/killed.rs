//! SIGKILL, to which no process can answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serial_test::serial;

use crate::census::{entries, eventually, mounts};
use crate::suite::{Ended, Run, Suite};
use crate::victims;

/// About as long as half of the victims take on an idle machine.
const LONG_ENOUGH: Duration = Duration::from_millis(250);
/// Runs that are disturbed at once.
const LANES: usize = 4;

/// Random numbers of our own, so that a seed tells the run again.
pub(crate) struct Random(u64);

impl Random {
    /// `NETNS_TEST_SEED` tells a run again, as far as the machine's own timing lets it.
    #[expect(clippy::print_stdout, reason = "a failed test shows it")]
    pub(crate) fn new() -> Self {
        let seed = match std::env::var("NETNS_TEST_SEED") {
            Ok(seed) => seed.parse().expect("NETNS_TEST_SEED is a number"),
            Err(_) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                now.expect("it is after 1970").subsec_nanos().into()
            }
        };
        println!("NETNS_TEST_SEED={seed}");
        Self(seed)
    }

    /// The next number, by SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn up_to(&mut self, limit: Duration) -> Duration {
        limit.mul_f64((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    fn one_of(&mut self, items: &[i32]) -> Option<i32> {
        let length = u64::try_from(items.len()).expect("a few");
        let at = self.next().checked_rem(length)?;
        items.get(at as usize).copied()
    }
}

/// All of them, each on a thread of its own.
fn victims() -> Suite {
    Suite::of("victims::", victims::NUMBER)
}

/// A process is killed that may just have ended by itself; tells whether it was there.
fn kill_test(process: i32) -> bool {
    match kill(Pid::from_raw(process), Signal::SIGKILL) {
        Ok(()) => true,
        Err(Errno::ESRCH) => false,
        Err(cause) => panic!("failed to kill process {process}: {cause}"),
    }
}

/// Kills as often, several at once; `round` tells how many it did.
fn storm(kills: usize, round: impl Fn(&mut Random) -> usize + Sync) {
    let before = mounts();
    let mut random = Random::new();
    let done = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..LANES {
            let mut random = Random(random.next());
            let (round, done) = (&round, &done);
            scope.spawn(move || {
                while done.load(Ordering::Relaxed) < kills {
                    done.fetch_add(round(&mut random), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(mounts(), before);
}

/// `Run::ended` waits until no process of the run is left, and fails if one stays or a file does.
#[test]
#[serial(suites)]
fn a_run_that_is_killed_leaves_nothing() {
    storm(200, |random| {
        let run = Suite::of("victims::pair_", 4).start();
        // A random moment is the point; nothing is waited for.
        thread::sleep(random.up_to(LONG_ENOUGH));
        run.kill();
        drop(run.ended());
        1
    });
}

/// At a random moment it may have told its outcome already, which then counts.
#[test]
#[serial(suites)]
fn a_test_that_is_killed_at_any_moment_is_at_most_one_failure() {
    storm(200, |random| {
        let mut run = Suite::of("victims::", 4).start();
        let mut killed = Vec::new();
        while run.is_running() {
            // A random moment is the point; nothing is waited for.
            thread::sleep(random.up_to(LONG_ENOUGH / 4));
            let test = random.one_of(&run.tests());
            killed.extend(test.into_iter().filter(|test| kill_test(*test)));
        }
        let ended = run.ended();
        let (passed, failed) = (ended.count("passed"), ended.count("failed"));
        // The sixteen, and the one that counts them.
        assert_eq!(passed + failed, victims::NUMBER + 1, "{}", ended.output);
        assert!(failed <= killed.len(), "{killed:?}: {}", ended.output);
        if failed > 0 {
            assert_names_the_signal(&ended);
        }
        killed.len()
    });
}

fn assert_names_the_signal(ended: &Ended) {
    assert!(
        ended.output.contains("was killed by SIGKILL"),
        "{}",
        ended.output
    );
}

/// All sixteen are in their bodies, so that there is no doubt about what the killed one has told.
#[test]
#[serial(suites)]
fn a_test_that_is_killed_in_its_body_is_one_failure() {
    let mut random = Random::new();
    for _ in 0..4 {
        let gate = Gate::new();
        let run = victims().env(victims::GATE, &gate.0).start();
        eventually(|| gate.arrived(&run));
        let killed = random.one_of(&run.tests()).expect("they wait");
        kill_test(killed);
        gate.open();
        let ended = run.ended();
        assert_eq!(ended.count("failed"), 1, "{}", ended.output);
        assert_eq!(ended.count("passed"), victims::NUMBER, "{}", ended.output);
        assert_names_the_signal(&ended);
        assert!(
            ended.output.contains("before the test had ended"),
            "{}",
            ended.output
        );
    }
}

/// The same with the whole run: all networks are up, and the processes wait.
#[test]
#[serial(suites)]
fn a_run_that_is_killed_while_all_networks_are_up_leaves_nothing() {
    let before = mounts();
    let gate = Gate::new();
    let run = victims().env(victims::GATE, &gate.0).start();
    eventually(|| gate.arrived(&run));
    assert!(run.processes().len() > victims::NUMBER);
    assert!(entries(run.temporary()).is_empty());
    run.kill();
    drop(run.ended());
    assert_eq!(mounts(), before);
}

/// A folder in which tests report, and wait for the file `open`.
struct Gate(std::path::PathBuf);

impl Gate {
    fn new() -> Self {
        let folder =
            std::env::temp_dir().join(format!("netns-test-leaks-gate-{}", std::process::id()));
        std::fs::create_dir(&folder).expect("the folder for temporary files is writable");
        Self(folder)
    }

    /// Whether all victims are in their bodies.
    fn arrived(&self, run: &Run) -> Result<(), String> {
        let (there, all) = (entries(&self.0).len(), run.tests().len());
        if there == victims::NUMBER && all == there {
            Ok(())
        } else {
            Err(format!("{there} of {all} tests are in their bodies"))
        }
    }

    fn open(&self) {
        std::fs::write(self.0.join("open"), "").expect("it is our folder");
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
