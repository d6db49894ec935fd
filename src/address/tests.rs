use proptest::prelude::*;

use super::*;

fn cidr(text: &str) -> Cidr {
    text.parse().unwrap()
}

#[test]
fn a_subnet_has_ends_and_members() {
    let lab = cidr("172.16.1.1/16");
    assert_eq!(lab.network(), cidr("172.16.0.0/16"));
    assert_eq!(lab.broadcast(), Some(Ipv4Addr::new(172, 16, 255, 255)));
    assert_eq!(lab.nth(257), Some(cidr("172.16.1.1/16")));
    assert_eq!(cidr("10.0.0.0/30").nth(4), None);
    assert!(lab.contains("172.16.9.9".parse().unwrap()));
    assert!(!lab.contains("172.17.0.1".parse().unwrap()));
    assert!(!lab.contains("::1".parse().unwrap()));
}

#[test]
fn the_widest_and_narrowest_prefixes_work() {
    assert!(Cidr::everything(false).contains("ff00::1".parse().unwrap()));
    assert!(Cidr::everything(true).contains(IpAddr::V4(Ipv4Addr::BROADCAST)));
    assert_eq!(cidr("10.0.0.1/31").broadcast(), None);
    assert_eq!(cidr("10.0.0.1").to_string(), "10.0.0.1/32");
    assert_eq!(
        cidr("::/0").last(),
        IpAddr::V6(Ipv6Addr::from_bits(u128::MAX))
    );
    assert_eq!(cidr("fd00::1/128").nth(1), None);
}

#[test]
fn overlap_is_symmetric() {
    assert!(cidr("10.0.0.0/8").overlaps(cidr("10.1.2.0/24")));
    assert!(cidr("10.1.2.0/24").overlaps(cidr("10.0.0.0/8")));
    assert!(!cidr("10.0.0.0/24").overlaps(cidr("10.0.1.0/24")));
    assert!(!cidr("10.0.0.0/0").overlaps(cidr("::/0")));
}

#[test]
fn wrong_texts_say_what_is_wrong() {
    for (text, expected) in [
        ("10.0.0/8", "`10.0.0` is not an IP address"),
        ("10.0.0.0/x", "`x` is not a prefix length"),
        ("10.0.0.0/+8", "`+8` is not a prefix length"),
        ("10.0.0.0/300", "`300` is not a prefix length"),
        (
            "::/129",
            "the prefix length 129 is out of range (0 to 128 for IPv6)",
        ),
    ] {
        assert_eq!(text.parse::<Cidr>().unwrap_err().to_string(), expected);
    }
    assert!("02:00".parse::<Mac>().is_err());
    assert!("02:00:00:00:00:01:02".parse::<Mac>().is_err());
    assert!("02:00:00:00:00:+1".parse::<Mac>().is_err());
}

#[test]
fn a_link_local_address_follows_from_the_mac() {
    assert_eq!(
        "02:00:00:01:00:01"
            .parse::<Mac>()
            .unwrap()
            .link_local()
            .to_string(),
        "fe80::ff:fe01:1"
    );
}

/// Texts that are addresses, nearly, or not at all.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9a-f:./+%-]{0,24}",
        "[0-9]{1,3}([.][0-9]{1,3}){3}(/[+0-9]{0,4})?",
        "([0-9a-f]{0,4}:){1,7}[0-9a-f]{0,4}(/[0-9]{0,4})?",
        "[+0-9a-f]{0,3}(:[0-9a-f]{1,2}){4,6}",
    ]
}

proptest! {
    #[test]
    fn a_text_is_refused_or_means_what_it_prints(text in texts()) {
        if let Ok(cidr) = text.parse::<Cidr>() {
            prop_assert_eq!(cidr.to_string().parse(), Ok(cidr));
            prop_assert!(!text.contains('+'), "{}", text);
        }
        if let Ok(mac) = text.parse::<Mac>() {
            prop_assert_eq!(mac.to_string().parse(), Ok(mac));
            prop_assert!(!text.contains('+'), "{}", text);
        }
    }

    #[test]
    fn every_subnet_holds_its_own(address: IpAddr, prefix: u8, n: u128, other: IpAddr) {
        let subnet = Cidr::new(address, prefix);
        prop_assert_eq!(subnet.is_ok(), prefix <= bits(address));
        let Ok(subnet) = subnet else { return Ok(()) };
        prop_assert_eq!(subnet.to_string().parse(), Ok(subnet));
        prop_assert!(subnet.contains(address) && subnet.contains(subnet.last()) && subnet.overlaps(subnet));
        prop_assert!(subnet.network().address() <= address && address <= subnet.last());
        let nth = subnet.nth(n);
        prop_assert!(nth.is_none_or(|nth| subnet.contains(nth.address())));
        prop_assert_eq!(subnet.nth(0), Some(subnet.network()));
        let own = Cidr::new(other, bits(other)).unwrap();
        prop_assert_eq!(subnet.overlaps(own), subnet.contains(other));
    }
}
