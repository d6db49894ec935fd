//! How many packets the calling thread's namespace has forwarded and taken in.
//!
//! See [proc_pid_net(5)](https://man7.org/linux/man-pages/man5/proc_pid_net.5.html).

use std::fs;

/// `/proc/self` would be the main thread's.
const DIRECTORY: &str = "/proc/thread-self/net";

/// The sum of counters such as `Ip ForwDatagrams` and `Ip6OutForwDatagrams`; those that the kernel does not have count nothing.
pub(crate) fn count(names: &[&str]) -> u64 {
    let read = |name| fs::read_to_string(format!("{DIRECTORY}/{name}")).unwrap_or_default();
    let tables = read("snmp");
    let list = read("snmp6");
    let find = |name: &&str| match name.split_once(' ') {
        Some((group, name)) => in_tables(&tables, group, name),
        None => in_list(&list, name),
    };
    names.iter().filter_map(find).sum()
}

/// A group has a line of names and a line of numbers.
fn in_tables(text: &str, group: &str, wanted: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| {
        let (name, rest) = line.split_once(": ")?;
        (name == group).then_some(rest)
    });
    let names = lines.next()?.split(' ');
    let numbers = lines.next()?.split(' ');
    let (_, number) = names.zip(numbers).find(|(name, _)| *name == wanted)?;
    number.parse().ok()
}

fn in_list(text: &str, wanted: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (name, number) = (words.next()?, words.next()?);
        (name == wanted).then(|| number.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_their_names() {
        let tables = "Ip: Forwarding ForwDatagrams\nIp: 1 7\nTcp: InSegs\nTcp: 3\n";
        assert_eq!(in_tables(tables, "Ip", "ForwDatagrams"), Some(7));
        assert_eq!(in_tables(tables, "Tcp", "InSegs"), Some(3));
        assert_eq!(in_tables(tables, "Tcp", "OutSegs"), None);
        assert_eq!(in_list("Icmp6InEchos       \t2\n", "Icmp6InEchos"), Some(2));
        assert_eq!(in_list("Icmp6InEchos", "Icmp6InEchos"), None);
    }
}
