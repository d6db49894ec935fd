//! Trouble that was made on purpose is named as what it is: who asks why is not sent after a cable that is in order.

use netns_test::{
    Blame, Explanation, Family, Impairment, Loss, Match, Network, PacketRule, TestResult, Topology,
    netns_test,
};

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

const COUNTERS: &str =
    "`.wire_counters()` of the link tells how many packets were lost, `.record()` which";

/// ARP and neighbour discovery are lost with the rest: nobody is sent after a neighbour that is well.
#[netns_test(topology = Topology::lan(["a", "b", "c"]).wires())]
fn a_wire_that_loses_everything(net: &Network) -> TestResult {
    let all = Impairment::new().loss(Loss::random(1.0));
    let trouble = net.host("b").link("eth0").impair_ingress(all)?;
    let culprit =
        "the cable of interface `port2` of node `lan` to node `b` is impaired: loss 100 %";
    assert_eq!(
        told(&net.explain("a", "b")?),
        (culprit.to_owned(), COUNTERS.to_owned())
    );
    trouble.heal()?;
    is_reachable_again(net)
}

#[netns_test(topology = Topology::lan(["a", "b"]).wires())]
fn a_packet_rule_that_drops(net: &Network) -> TestResult {
    let link = net.host("a").link("eth0");
    let idle = link.packet_rule(PacketRule::drop(Match::udp()))?;
    let rule = link.packet_rule(PacketRule::drop(Match::icmp().received()))?;
    let explanation = net.explain_with("a", "b", |e| e.family(Family::V4))?;
    let culprit = explanation.culprit().unwrap().to_string();
    let answers = "the packet arrives and the reply does not: the cable of interface `eth0` of node `b` to node `a` \
         is impaired: packet rule `drop: icmp, received` (";
    assert!(culprit.starts_with(answers), "{culprit}");
    assert!(!culprit.contains("udp"), "{culprit}");
    rule.remove()?;
    idle.remove()?;
    is_reachable_again(net)
}

/// A packet that passes by luck does not acquit the cable.
#[netns_test(topology = Topology::lan(["a", "b"]).impair(Impairment::new().loss(Loss::every_nth(1000))))]
fn a_wire_that_loses_little(net: &Network) -> TestResult {
    let explanation = net.explain("a", "b")?;
    assert!(explanation.is_reachable(), "{explanation}");
    let cable = "\n  what passed now may be lost another time: \
         the cable of interface `eth0` of node `a` to node `b` is impaired: loss of every 1000th";
    assert!(explanation.to_string().contains(cable), "{explanation}");
    Ok(())
}
