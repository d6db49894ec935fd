//! Limits that are reached: what is used again soon is waited for, and the rest is explained.

use netns_test::{TestResult, Topology, netns_test};

use crate::suite::Suite;
use crate::victims::{self, bridged};
use crate::world;

/// A user who has no processes.
const NOBODY_ELSE: u32 = 54_322;
/// The network that the harness built for the test itself: its root.
const OWN: usize = 1;

/// A namespace counts until the kernel has released it, some time after its network was closed.
#[netns_test(timeout = 300)]
fn a_network_waits_for_the_namespaces_of_the_one_before() {
    let test = "limits::a_network_waits_for_the_namespaces_of_the_one_before";
    world::run(test, |world| {
        world.allow(OWN + 3);
        for count in 0..30 {
            let topology = match count % 5 {
                0 => bridged(),
                _ => Topology::lan(["a", "b"]),
            };
            topology.build().unwrap().close().unwrap();
        }
    });
}

#[netns_test(timeout = 300)]
fn programs_wait_for_the_pid_namespaces_of_those_before() {
    let test = "limits::programs_wait_for_the_pid_namespaces_of_those_before";
    world::run(test, |world| {
        world.allow_of("pid", 1);
        for _ in 0..30 {
            let network = Topology::lan(["a", "b"]).build().unwrap();
            network.host("a").command("true").run().unwrap();
            network.close().unwrap();
        }
    });
}

/// Each test takes one, and finds that of the one before still counted.
#[netns_test(timeout = 300)]
fn tests_wait_for_the_user_namespaces_of_those_before() {
    let test = "limits::tests_wait_for_the_user_namespaces_of_those_before";
    world::run(test, |world| {
        world.allow_of("user", 1);
        for _ in 0..3 {
            let ended = Suite::of("victims::pair_", 1).without_capabilities().run();
            ended.assert_passed();
            assert_eq!(ended.count("passed"), 8, "{}", ended.output);
        }
    });
}

/// After half a second. It is no matter of the disk, which the kernel's word is about.
#[netns_test(timeout = 1200)]
fn a_limit_that_stays_full_is_explained() {
    let test = "limits::a_limit_that_stays_full_is_explained";
    world::run_scaled(test, 0.05, |world| {
        world.allow(OWN + 3);
        let held = Topology::lan(["a", "b"]).build().unwrap();
        let error = Topology::new().build().expect_err("there is no room");
        assert!(error.is_refused());
        let text = error.to_string();
        for expected in [
            "as many network namespaces exist as user.max_net_namespaces allows",
            "refused: unshare(CLONE_NEWNET) with ENOSPC",
            "--test-threads=2",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        held.close().unwrap();
    });
}

/// The limit outside counts for those inside, who see another number.
#[netns_test(timeout = 300)]
fn a_limit_of_none_is_known_inside_too() {
    let test = "limits::a_limit_of_none_is_known_inside_too";
    world::run(test, |world| {
        world.allow(0);
        let ended = Suite::of("victims::nobody_1", 1)
            .without_capabilities()
            .run();
        assert_eq!(ended.count("failed"), 1, "{}", ended.output);
        assert!(
            ended
                .output
                .contains("/proc/sys/user/max_net_namespaces reads 0"),
            "{}",
            ended.output
        );
    });
}

/// Descriptors are given back by each test that ends: one for which there are none left waits for that.
#[test]
#[serial_test::serial(suites)]
fn tests_share_few_descriptors() {
    let ended = Suite::of("victims::", 64).limit("nofile=40:4096").run();
    ended.assert_all_passed(victims::NUMBER + 1);
}

#[test]
#[serial_test::serial(suites)]
fn too_few_descriptors_for_one_test_are_told() {
    let ended = Suite::of("victims::nobody_1", 1).limit("nofile=6:6").run();
    assert_eq!(ended.count("failed"), 1, "{}", ended.output);
    for expected in [
        "failed to make a network for this test: this process may have no more than 6 open files\n",
        "refused: the start of /proc/self/exe with EMFILE (Too many open files)\n",
        "help: raise the hard limit of open files",
    ] {
        assert!(ended.output.contains(expected), "{}", ended.output);
    }
}

#[netns_test]
fn an_exhausted_process_is_told_what_helps() -> TestResult {
    let network = Topology::lan(["a", "b"]).build()?;
    let mut files = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        files.push(file);
    }
    let error = network
        .host("a")
        .ping("b")
        .expect_err("nothing can be opened");
    drop(files);
    let text = error.to_string();
    assert!(
        text.contains("Too many open files\n  help: raise the limit of open files"),
        "{text}"
    );
    Ok(network.close()?)
}

/// Threads and processes: the same number limits both.
#[test]
#[serial_test::serial(suites)]
fn too_few_processes_are_told() {
    let mut run = Suite::of("victims::nobody_1", 1).limit("nproc=1:1");
    if nix::unistd::geteuid().is_root() {
        // No limit of processes holds root.
        run = run.user(NOBODY_ELSE);
    }
    let ended = run.run();
    assert_eq!(ended.count("failed"), 1, "{}", ended.output);
    for expected in [
        "this user or its control group has as many processes and threads as it may",
        "`ulimit -u`",
    ] {
        assert!(ended.output.contains(expected), "{}", ended.output);
    }
}
