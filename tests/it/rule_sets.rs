//! Rule sets of unusual size, and many threads that change them at once.

use std::thread;

use netns_test::{Direction, Network, Result, Rule, TestResult, Topology, netns_test};

/// So many rules, of which no packet of a test meets one.
fn rules(number: u16) -> impl Iterator<Item = Rule> {
    (1..=number).map(|port| Rule::drop().tcp(port).from("10.9.9.9"))
}

fn crowded(number: u16) -> Topology {
    Topology::lan(["a"]).host("b", |h| {
        h.join("lan")
            .firewall(|f| rules(number).fold(f, |f, rule| f.rule(rule)))
    })
}

/// They are one message, and the kernel's own limit for one is 208 KiB.
#[netns_test(topology = crowded(400))]
fn hundreds_of_rules_are_built_replaced_and_added(net: &Network) -> TestResult {
    let b = net.host("b");
    assert_eq!(b.counters()?.len(), 400);
    b.replace_firewall(|f| rules(700).fold(f, |f, rule| f.rule(rule)))?;
    assert_eq!(b.counters()?.len(), 700);
    let many = (1..=200_u16).fold(Rule::drop().named("many"), |rule, port| rule.tcp(port));
    let guard = b.add_rule(many)?;
    net.host("a").ping("b")?.assert_lossless();
    assert_eq!(b.counters()?.len(), 701);
    drop(guard);
    assert_eq!(b.counters()?.len(), 700);
    Ok(())
}

/// Whoever may go beyond the machine's limits does; others learn what the limit is, and nothing is changed.
#[netns_test(topology = crowded(1))]
fn thousands_of_rules_are_built_or_refused_with_the_remedy(net: &Network) -> TestResult {
    let b = net.host("b");
    let replaced = b.replace_firewall(|f| rules(5000).fold(f, |f, rule| f.rule(rule)));
    let Err(error) = replaced else {
        assert_eq!(b.counters()?.len(), 5000);
        return Ok(());
    };
    // As the kernel's own limits are 208 KiB, this is what an ordinary user sees on most machines.
    let text = error.to_string();
    assert!(
        text.starts_with(
            "failed to replace the firewall of node `b`, at the batch: Message too long (it has "
        ),
        "{text}"
    );
    assert!(text.contains("help: have fewer rules, or "), "{text}");
    assert_eq!(b.counters()?.len(), 1);
    Ok(())
}

/// One changes the whole of it while others add rules of their own and take them out.
#[netns_test(topology = Topology::lan(["a", "b", "c"]))]
fn threads_change_one_firewall_and_none_of_them_fails(net: &Network) -> TestResult {
    let b = net.host("b");
    let add_and_remove = |thread: u16| -> Result<()> {
        for turn in 0..20 {
            let rule = b.add_rule(Rule::drop().tcp(1000 * thread + turn))?;
            let block = net.block("b", if thread % 2 == 0 { "a" } else { "c" })?;
            rule.remove()?;
            block.heal()?;
        }
        Ok(())
    };
    let replace = || -> Result<()> {
        for _ in 0..20 {
            b.replace_firewall(|f| {
                f.rule(Rule::accept().tcp(80).named("last"))
                    .drop_by_default(Direction::Forward)
            })?;
        }
        Ok(())
    };
    thread::scope(|scope| -> Result<()> {
        let adding = [1, 2, 3].map(|thread| scope.spawn(move || add_and_remove(thread)));
        let replaced = replace();
        for thread in adding {
            thread.join().unwrap()?;
        }
        replaced
    })?;
    let left: Vec<String> = b.counters()?.into_iter().map(|it| it.name).collect();
    assert_eq!(left, ["last", "default"]);
    net.ping_all()?.assert_all_reachable();
    Ok(())
}
