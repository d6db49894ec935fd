//! The examples about bad links and lost nodes.

use crate::{assert_in_order, run};

#[test]
fn a_majority_never_has_two_leaders_and_a_naive_cluster_has() {
    let text = run("split_brain");
    let (careful, naive) = text.split_once("\nA naive one").unwrap();
    assert_in_order(
        careful,
        &[
            "a, b | c do not hear each other:\n",
            "c knows no leader in term ",
            "healed:\n",
            ", who led, is cut off:\n",
            "healed:\n",
            "nobody hears ",
            "healed:\n",
            "No term had two leaders.\n",
        ],
    );
    // Once all hear each other, all believe in one.
    for healed in careful.split("healed:\n").skip(1) {
        let lines: Vec<&str> = healed.lines().take(3).collect();
        let leads = lines.iter().filter(|it| it.contains(" leads term "));
        assert_eq!(leads.count(), 1, "{careful}");
    }
    assert_in_order(
        naive,
        &[
            "c leads term 1\n",
            "A split brain: ",
            "c both led term 1.\n",
        ],
    );
}

#[test]
fn each_lost_syn_costs_a_timeout_of_the_kernel() {
    let text = run("third_syn");
    let (sent, lost) = (" client > server  IP 10.1.0.1.", " — dropped by a rule\n");
    let answered = "server > client  IP 10.1.0.2.80 > 10.1.0.1.";
    let none = ["The first 0 SYNs", sent, answered, "80: Flags [.], ack "];
    let one = ["The first 1 SYNs", sent, lost, sent, answered];
    let two = ["The first 2 SYNs", sent, lost, sent, lost, sent, answered];
    let end = ["SYNs dropped   connect took\n"];
    assert_in_order(&text, &[&none[..], &one, &two, &end].concat());
    let table = text.split("connect took\n").nth(1).unwrap();
    let rows = table.lines().map(|row| row.split_whitespace().nth(1));
    let seconds: Vec<f64> = rows.map(|it| it.unwrap().parse().unwrap()).collect();
    assert_eq!(seconds.len(), 3, "{text}");
    // The kernel waits a second, then another or two; its clock for this ticks every few milliseconds.
    for (took, least) in seconds.iter().zip([0.0, 0.98, 1.95]) {
        assert!(*took >= least, "{text}");
    }
}
