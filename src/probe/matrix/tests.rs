//! Judgements and their texts, on a matrix with something of everything.

use super::*;

pub(in super::super) fn reached() -> Reachability {
    Reachability::Reached {
        time: Duration::from_micros(45),
    }
}

pub(in super::super) fn failed() -> Reachability {
    Reachability::Failed {
        reason: "Destination Host Unreachable (says 10.0.0.1)".to_owned(),
    }
}

/// `b` has no IPv6 towards `a`, `c` has only IPv4, and cannot reach `b`.
pub(in super::super) fn mixed() -> ReachabilityMatrix {
    ReachabilityMatrix::new(
        ["a", "b", "c"].map(str::to_owned).to_vec(),
        [
            (0, 1, Family::V4, reached()),
            (0, 1, Family::V6, reached()),
            (0, 2, Family::V4, reached()),
            (1, 0, Family::V4, reached()),
            (1, 0, Family::V6, failed()),
            (1, 2, Family::V4, reached()),
            (2, 0, Family::V4, reached()),
            (2, 1, Family::V4, failed()),
        ],
    )
}

fn panic_text(body: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(body).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn pairs_are_judged_by_all_families_they_share() {
    let matrix = mixed();
    assert_eq!(*matrix.get("a", "b", Family::V6), reached());
    assert_eq!(
        *matrix.get("a", "c", Family::V6),
        Reachability::NotApplicable
    );
    assert!(matrix.is_reachable("a", "b") && matrix.is_reachable("a", "c"));
    assert!(!matrix.is_reachable("b", "a"), "IPv6 failed");
    assert!(!matrix.is_reachable("a", "a"), "nothing was asked");
    let failures: Vec<_> = matrix
        .failures()
        .map(|(from, to, family, _)| (from, to, family))
        .collect();
    assert_eq!(failures, [("b", "a", Family::V6), ("c", "b", Family::V4)]);
    matrix.assert_reachable("a", "b");
    matrix.assert_unreachable("c", "b");
}

#[test]
fn assertions_say_what_happened_and_show_the_table() {
    let text = panic_text(|| mixed().assert_all_reachable());
    assert!(
        text.starts_with(
            "every node should have reached every other one, but 2 of 8 pings failed:\n\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("  b -> a (IPv6): Destination Host Unreachable"),
        "{text}"
    );

    let text = panic_text(|| mixed().assert_reachable("b", "a"));
    assert!(text.starts_with("`b` should have reached `a`, but IPv4 was answered in 45µs, and IPv6 failed: Destination Host"), "{text}");

    let text = panic_text(|| mixed().assert_reachable("a", "a"));
    assert!(
        text.contains("but a node is not asked about itself:"),
        "{text}"
    );

    let text = panic_text(|| mixed().assert_unreachable("b", "a"));
    assert!(
        text.starts_with(
            "`b` should not have reached `a`, but IPv4 was answered in 45µs, and IPv6 failed"
        ),
        "{text}"
    );

    let text = panic_text(|| assert!(mixed().is_reachable("a", "z")));
    assert_eq!(
        text,
        "there is no node `z` in the reachability matrix (known: a, b, c)"
    );
}

#[test]
fn a_matrix_in_which_nothing_was_asked_does_not_pass() {
    let nodes = ["a", "b"].map(str::to_owned).to_vec();
    let text = panic_text(|| ReachabilityMatrix::new(nodes, []).assert_all_reachable());
    assert!(
        text.contains("no two of them have addresses of the same family"),
        "{text}"
    );
    ReachabilityMatrix::new(vec!["alone".to_owned()], []).assert_all_reachable();
    ReachabilityMatrix::new(Vec::new(), []).assert_all_reachable();
}
