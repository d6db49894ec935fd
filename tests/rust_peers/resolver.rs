//! A resolver library, hickory's, against servers of zones: each answer as ordered, and each question as it must be.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use hickory_resolver::config::ResolverOpts;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType as Type;
use hickory_resolver::proto::{ProtoError, ProtoErrorKind};
use hickory_resolver::{ResolveError, TokioResolver};
use netns_test::{
    DnsQuery, DnsTransport, Host, Network, RecordType, TestResult, Topology, Zone, netns_test,
};

/// What a slow answer takes.
const SLOW: Duration = Duration::from_millis(300);
/// What an impatient resolver waits, and what takes far longer, however busy the machine is.
const IMPATIENT: Duration = Duration::from_millis(50);
const SLOWER: Duration = Duration::from_secs(30);

fn shop() -> Zone {
    (0..60).fold(
        Zone::new("shop.test")
            .a("www", "10.9.0.1")
            .aaaa("www", "fd09::1")
            .cname("web", "www")
            .mx("@", 10, "mail")
            .mx("@", 20, "mail.example.org.")
            .txt("@", "v=spf1 -all")
            .srv("_http._tcp", 0, 5, 80, "www")
            .a("*.wild", "10.9.0.2")
            .a("slow", "10.9.0.3")
            .delay("slow", SLOW)
            .a("slower", "10.9.0.6")
            .delay("slower", SLOWER)
            .a("cut", "10.9.0.4")
            .truncated("cut")
            .a("late", "10.9.0.5")
            .flaky("late", 1)
            .servfail("broken")
            .refused("secret")
            .nxdomain("gone")
            .silent("dead"),
        |zone, number| zone.a("many", format!("10.8.0.{number}")),
    )
}

/// One name server for each family.
fn net_with_dns() -> Topology {
    let reverse4 = Zone::new("10.9.0.0/16").ptr("10.9.0.1", "www.shop.test");
    let reverse6 = Zone::new("fd09::/16").ptr("fd09::1", "www.shop.test");
    Topology::lan(["client"]).host("ns", |h| h.join("lan").dns([shop(), reverse4, reverse6]))
}

type Found = Result<Vec<String>, ResolveError>;

/// Asks by a resolver that is made in the host, from the host's own configuration; records as in a zone file.
async fn ask(client: Host<'_>, name: &str, what: Type, options: fn(&mut ResolverOpts)) -> Found {
    let name = name.to_owned();
    let asked = client.run_async(move || async move {
        let mut builder = TokioResolver::builder_tokio()?;
        // One server at a time, so that what is asked can be counted.
        builder.options_mut().num_concurrent_reqs = 1;
        options(builder.options_mut());
        let found = builder.build().lookup(name, what).await?;
        Found::Ok(found.iter().map(ToString::to_string).collect())
    });
    let mut found = asked.await?;
    found.sort();
    Ok(found)
}

async fn records(net: &Network, name: &str, what: Type) -> Found {
    ask(net.host("client"), name, what, |_| ()).await
}

/// The queries for a name so far.
fn queries(net: &Network, name: &str) -> Vec<DnsQuery> {
    let asked = net.host("ns").dns_queries().into_iter();
    asked.filter(|query| query.name == name).collect()
}

#[netns_test(topology = net_with_dns(), families(v4, v6, dual))]
async fn every_type_of_record_is_found(net: &Network) -> TestResult {
    let cases: [(&str, Type, &[&str]); 9] = [
        ("www.shop.test.", Type::A, &["10.9.0.1"]),
        ("www.shop.test.", Type::AAAA, &["fd09::1"]),
        ("web.shop.test.", Type::A, &["10.9.0.1", "www.shop.test."]),
        (
            "shop.test.",
            Type::MX,
            &["10 mail.shop.test.", "20 mail.example.org."],
        ),
        ("shop.test.", Type::TXT, &["v=spf1 -all"]),
        (
            "_http._tcp.shop.test.",
            Type::SRV,
            // The server sends the target's addresses along.
            &["0 5 80 www.shop.test.", "10.9.0.1", "fd09::1"],
        ),
        ("1.0.9.10.in-addr.arpa.", Type::PTR, &["www.shop.test."]),
        ("any.thing.wild.shop.test.", Type::A, &["10.9.0.2"]),
        ("web.shop.test.", Type::CNAME, &["www.shop.test."]),
    ];
    for (name, what, expected) in cases {
        assert_eq!(records(net, name, what).await?, expected, "{name} {what}");
        let asked = queries(net, name.trim_end_matches('.'));
        let last = asked.last().ok_or("the server was not asked")?;
        assert_eq!(last.record_type.to_string(), what.to_string());
        assert_eq!(last.transport, DnsTransport::Udp);
        let client = net.host("client");
        let own = client.interface("eth0")?;
        let from = last.from.ip().to_canonical();
        assert!(
            own.addresses.iter().any(|it| it.address.address() == from),
            "{last}"
        );
    }
    Ok(())
}

/// A host's own name is in a file of each host's; the server, which has no such zone, is not what knows it.
#[netns_test(topology = net_with_dns(), families(v4, v6, dual))]
async fn hosts_are_found_beside_the_zones(net: &Network) -> TestResult {
    let asked = net.host("client").run_async(|| async {
        let resolver = TokioResolver::builder_tokio()?.build();
        let found: Vec<IpAddr> = resolver.lookup_ip("ns").await?.iter().collect();
        Ok::<_, ResolveError>(found)
    });
    let server = net.host("ns").interface("eth0")?.addresses;
    let own: Vec<IpAddr> = server.iter().map(|it| it.address.address()).collect();
    let found = asked.await?;
    assert!(!found.is_empty());
    assert!(found.iter().all(|it| own.contains(it)), "{found:?}");
    Ok(())
}

#[netns_test(topology = net_with_dns(), families(v4, v6, dual))]
async fn names_and_addresses_lead_to_each_other(net: &Network) -> TestResult {
    let asked = net.host("client").run_async(|| async {
        let resolver = TokioResolver::builder_tokio()?.build();
        let found: Vec<IpAddr> = resolver.lookup_ip("web.shop.test.").await?.iter().collect();
        let mut names = Vec::new();
        for address in ["10.9.0.1", "fd09::1"] {
            let address: IpAddr = address.parse().unwrap();
            names.extend(
                resolver
                    .reverse_lookup(address)
                    .await?
                    .iter()
                    .map(ToString::to_string),
            );
        }
        Ok::<_, ResolveError>((found, names))
    });
    let (found, names) = asked.await?;
    assert!(found.contains(&"10.9.0.1".parse()?), "{found:?}");
    assert_eq!(names, ["www.shop.test."; 2]);
    Ok(())
}

/// The code of an answer without records.
fn code(error: &ResolveError) -> Option<ResponseCode> {
    match error.proto().map(ProtoError::kind) {
        Some(ProtoErrorKind::NoRecordsFound { response_code, .. }) => Some(*response_code),
        _ => None,
    }
}

#[netns_test(topology = net_with_dns(), families(v4, v6, dual))]
async fn every_failure_is_the_one_that_was_ordered(net: &Network) -> TestResult {
    let cases = [
        ("gone", ResponseCode::NXDomain),
        ("unknown", ResponseCode::NXDomain),
        ("broken", ResponseCode::ServFail),
        ("secret", ResponseCode::Refused),
        ("_http._tcp", ResponseCode::NoError),
    ];
    for (name, expected) in cases {
        let name = format!("{name}.shop.test.");
        let error = records(net, &name, Type::A).await.unwrap_err();
        assert_eq!(code(&error), Some(expected), "{name} {error}");
        assert_eq!(error.is_nx_domain(), expected == ResponseCode::NXDomain);
        assert!(!queries(net, name.trim_end_matches('.')).is_empty());
    }
    Ok(())
}

/// What was cut, or does not fit, is asked for once more over TCP, and only then.
#[netns_test(topology = net_with_dns(), families(v4, v6, dual))]
async fn a_truncated_answer_is_asked_for_over_tcp(net: &Network) -> TestResult {
    assert_eq!(records(net, "cut.shop.test.", Type::A).await?, ["10.9.0.4"]);
    assert_eq!(records(net, "many.shop.test.", Type::A).await?.len(), 60);
    assert_eq!(records(net, "www.shop.test.", Type::A).await?.len(), 1);
    let transports = |name: &str| -> Vec<DnsTransport> {
        let asked = queries(net, name).into_iter();
        asked.map(|query| query.transport).collect()
    };
    let retried = [DnsTransport::Udp, DnsTransport::Tcp];
    assert_eq!(transports("cut.shop.test"), retried);
    assert_eq!(transports("many.shop.test"), retried);
    assert_eq!(transports("www.shop.test"), [DnsTransport::Udp]);
    Ok(())
}

fn is_timeout(error: &ResolveError) -> bool {
    let kind = error.proto().map(ProtoError::kind);
    matches!(kind, Some(ProtoErrorKind::Timeout))
}

/// Once, and not for long.
fn impatient(options: &mut ResolverOpts) {
    options.timeout = IMPATIENT;
    options.attempts = 0;
}

#[netns_test(topology = net_with_dns(), families(v4, v6))]
async fn a_slow_answer_is_for_the_patient(net: &Network) -> TestResult {
    let start = Instant::now();
    assert_eq!(
        records(net, "slow.shop.test.", Type::A).await?,
        ["10.9.0.3"]
    );
    assert!(start.elapsed() >= SLOW);
    let error = ask(net.host("client"), "slower.shop.test.", Type::A, impatient).await;
    let error = error.unwrap_err();
    assert!(is_timeout(&error), "{error}");
    for name in ["slow.shop.test", "slower.shop.test"] {
        assert_eq!(queries(net, name).len(), 1, "{name}");
    }
    Ok(())
}

#[netns_test(topology = net_with_dns(), families(v4, v6))]
async fn no_answer_at_all_is_the_resolvers_timeout(net: &Network) -> TestResult {
    let start = Instant::now();
    let error = ask(net.host("client"), "dead.shop.test.", Type::A, impatient).await;
    let error = error.unwrap_err();
    assert!(is_timeout(&error), "{error}");
    assert!(start.elapsed() >= IMPATIENT);
    let asked = queries(net, "dead.shop.test");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].record_type, RecordType::A);
    Ok(())
}

#[netns_test(topology = net_with_dns(), families(v4, v6))]
async fn a_lost_answer_is_asked_for_again(net: &Network) -> TestResult {
    let found = ask(net.host("client"), "late.shop.test.", Type::A, |options| {
        options.timeout = Duration::from_secs(1);
        options.attempts = 1;
    });
    assert_eq!(found.await?, ["10.9.0.5"]);
    assert_eq!(queries(net, "late.shop.test").len(), 2);
    Ok(())
}
