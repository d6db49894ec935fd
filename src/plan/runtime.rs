//! Decides what the async runtimes of hosts are like.

use crate::plan::draft::{Draft, nodes};
use crate::plan::mistakes::Mistakes;
use crate::topology::Topology;

/// As many worker threads as a host's runtime may have. More are a slip of the pen.
const WORKERS: std::ops::RangeInclusive<usize> = 1..=1024;

/// Takes over the numbers of worker threads.
pub(crate) fn decide(topology: &Topology, draft: &mut Draft<'_>, mistakes: &mut Mistakes<'_>) {
    for (node, host) in nodes(topology) {
        let Some((number, at)) = host.worker_threads else {
            continue;
        };
        if WORKERS.contains(&number) {
            draft.nodes[node].worker_threads = Some(number);
        } else {
            mistakes.push(
                at,
                format!("node `{}`", host.name.text),
                format!(
                    "{number} worker threads are out of range ({} to {})",
                    WORKERS.start(),
                    WORKERS.end()
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(number: usize) -> crate::error::Result<Option<usize>> {
        let topology = Topology::new().host("a", |h| h.worker_threads(number));
        Ok(topology.plan()?.nodes[1].worker_threads)
    }

    #[test]
    fn a_runtime_has_one_to_1024_workers() {
        assert_eq!(planned(1).unwrap(), Some(1));
        assert_eq!(planned(1024).unwrap(), Some(1024));
        for number in [0, 1025] {
            let text = planned(number).unwrap_err().to_string();
            let expected =
                format!(": node `a`: {number} worker threads are out of range (1 to 1024)");
            assert!(text.contains("src/plan/runtime.rs:"), "{text}");
            assert!(text.ends_with(&expected), "{text}");
        }
    }
}
