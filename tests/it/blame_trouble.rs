//! Trouble that was made on purpose is named as what it is: who asks why is not sent after a cable that is in order.

use netns_test::{Blame, Explanation, Network, TestResult, Topology, netns_test};

/// What is wrong, and what helps, in the words of the first family.
fn told(explanation: &Explanation) -> (String, String) {
    let culprit = explanation.culprit().unwrap().to_string();
    let text = explanation.to_string();
    let help = text.lines().find_map(|line| line.strip_prefix("  help: "));
    (culprit, help.unwrap_or_default().to_owned())
}

/// Of both families, and though the kernel of `a` was just searching for a neighbour that was not there.
fn is_reachable_again(net: &Network) -> TestResult {
    let explanation = net.explain("a", "b")?;
    assert!(explanation.is_reachable(), "{explanation}");
    Ok(())
}

fn crashed_and_paused(net: &Network) -> TestResult {
    let b = net.host("b");
    let pause = b.pause()?;
    let [crashed, paused] = ["has crashed", "is paused"].map(|what| format!("node `b` {what}"));
    let heal = "heal the trouble, or all of it: `net.heal()`";
    assert_eq!(
        told(&net.explain("a", "b")?),
        (paused.clone(), heal.to_owned())
    );
    assert_eq!(told(&net.explain("b", "a")?).0, paused);
    pause.heal()?;
    b.crash()?;
    let restart = "`net.host(\"b\").restart()` brings it back";
    assert_eq!(
        told(&net.explain("a", "b")?),
        (crashed.clone(), restart.to_owned())
    );
    assert_eq!(told(&net.explain("b", "a")?).0, crashed);
    b.restart()?;
    is_reachable_again(net)
}

#[netns_test(topology = Topology::lan(["a", "b"]))]
fn nodes_at_a_cable(net: &Network) -> TestResult {
    crashed_and_paused(net)
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn nodes_at_a_switch(net: &Network) -> TestResult {
    crashed_and_paused(net)
}

fn cut_at(net: &Network, culprit: &str) -> TestResult {
    let cut = net.host("b").link("eth0").cut()?;
    let explanation = net.explain("a", "b")?;
    assert!(
        matches!(explanation.culprit().unwrap().blame, Blame::CableCut { .. }),
        "{explanation}"
    );
    let heal = "heal the trouble, or all of it: `net.heal()`";
    assert_eq!(told(&explanation), (culprit.to_owned(), heal.to_owned()));
    cut.heal()?;
    is_reachable_again(net)
}

#[netns_test(topology = Topology::lan(["a", "b"]).wires())]
fn a_wire_that_is_cut(net: &Network) -> TestResult {
    cut_at(
        net,
        "the cable of interface `eth0` of node `a` to node `b` is cut",
    )
}

#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn a_cable_of_a_switch_that_is_cut(net: &Network) -> TestResult {
    let port = "the cable of interface `port2` of node `lan` to node `b` is cut";
    cut_at(net, port)
}
