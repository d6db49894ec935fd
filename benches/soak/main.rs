//! Networks with programs, tasks and pings, again and again in one process: whether what they cost comes back.
//!
//! ```sh
//! cargo bench --bench soak                   # 200 rounds
//! cargo bench --bench soak -- --rounds 5000
//! ```
//!
//! Descriptors, threads and children must end as they began. Memory and the machine's namespaces are shown: an allocator keeps what it
//! has, and other programs make namespaces too.
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "there is nothing to soak elsewhere")
)]

mod work;

use std::time::{Duration, Instant};

use netns_test::{TestResult, eventually};
use work::{Figures, round};

/// What is made once and kept is there after these.
const BEFORE: usize = 5;
/// Lines of the table.
const LINES: usize = 10;

#[expect(clippy::print_stdout, reason = "a table")]
fn main() -> TestResult {
    let rounds = rounds()?;
    (0..BEFORE).try_for_each(round)?;
    let before = settled(None)?;
    println!("  rounds descriptors threads children memory/KiB machine/namespaces");
    println!("{:>8} {before}", 0);
    let started = Instant::now();
    for number in 1..=rounds {
        round(number)?;
        if number % rounds.div_ceil(LINES) == 0 || number == rounds {
            println!("{number:>8} {}", Figures::take());
        }
    }
    let after = settled(Some(before))?;
    println!("  at end {after}");
    println!(
        "{rounds} rounds in {:.1} s",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// The figures when all that ends by itself has ended: as before, or a failure that shows them.
fn settled(before: Option<Figures>) -> netns_test::Result<Figures> {
    let owned = |it: Figures| (it.descriptors, it.threads, it.children);
    eventually(Duration::from_secs(30), || {
        let now = Figures::take();
        match before {
            Some(before) if owned(now) != owned(before) => Err(format!("{now}")),
            None if now.children > 0 => Err(format!("{now}")),
            _ => Ok(now),
        }
    })
}

fn rounds() -> TestResult<usize> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == "--rounds");
    match at.map(|at| arguments.get(at + 1)) {
        None => Ok(200),
        Some(Some(number)) => Ok(number.parse()?),
        Some(None) => Err("--rounds needs a number".into()),
    }
}
