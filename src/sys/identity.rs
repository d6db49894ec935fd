//! Who this process is.

use std::fs;

use nix::unistd::getgid;

/// The groups that may open ICMP datagram sockets, as `net.ipv4.ping_group_range` takes them: all, or the process's own where not all
/// groups exist. The kernel refuses a range with an end that does not.
pub(crate) fn ping_groups() -> String {
    let map = fs::read_to_string("/proc/self/gid_map").unwrap_or_default();
    if is_whole(&map) {
        return "0\t2147483647".to_owned();
    }
    format!("{0}\t{0}", getgid())
}

/// Whether a map has all ids: one extent from 0, as the machine's own user namespace has it.
fn is_whole(map: &str) -> bool {
    let mut columns = map.split_whitespace();
    let (first, count) = (columns.next(), columns.nth(1));
    first == Some("0") && count == Some("4294967295")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_map_of_all_ids_is_whole() {
        assert!(is_whole("         0          0 4294967295\n"));
        assert!(!is_whole("      1000       1000          1\n"));
        assert!(!is_whole("         0     100000      65536\n"));
        assert!(!is_whole(""));
    }
}
