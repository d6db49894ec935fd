//! Who a test is: the same user as outside, in a network of its own, in a process of its own.

use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;

use netns_test::{netns_test, TestResult};

use crate::surroundings::{expected, namespace, scratch, status};

/// The mark by which the harness knows a test's process.
const MARK: &str = "__NETNS_TEST_PARENT";

#[netns_test]
fn is_elsewhere() {
    assert_ne!(namespace("net"), expected("DOWNSTREAM_NS_net"));
}

#[netns_test]
fn is_the_same_user() {
    let ids = status(&["Uid", "Gid"]);
    assert!(expected("DOWNSTREAM_STATUS").starts_with(&ids), "{ids}");
}

#[netns_test]
fn owns_what_it_makes_at_home() -> TestResult {
    let home = PathBuf::from(std::env::var("HOME")?).join("made-in-a-test");
    File::create(&home)?;
    let user = nix::unistd::geteuid();
    assert_eq!(fs::metadata(&home)?.uid(), user.as_raw());
    fs::remove_file(home)?;
    Ok(())
}

#[netns_test]
fn has_no_rights_over_files_that_it_had_not() -> TestResult {
    let path = scratch().join("closed");
    File::create(&path)?;
    fs::set_permissions(&path, Permissions::from_mode(0o000))?;
    match File::open(&path) {
        Ok(_) => assert!(
            nix::unistd::geteuid().is_root(),
            "only root reads what is closed"
        ),
        Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied),
    }
    // Root without the capability is refused as well, inside as outside.
    assert_eq!(
        File::open(&path).is_ok(),
        expected("DOWNSTREAM_READS_CLOSED_FILES") == "1"
    );
    fs::remove_file(path)?;
    Ok(())
}

#[netns_test]
fn leaves_no_mark() {
    assert_eq!(std::env::var_os(MARK), None);
    let environment = Command::new("env").output().unwrap().stdout;
    assert!(!String::from_utf8_lossy(&environment).contains(MARK));
}

/// A test program that a test starts is one that people started: it runs its own tests in processes of their own.
#[netns_test]
fn may_run_a_test_program() {
    let nested = Command::new("/proc/self/exe")
        .args([
            "outcomes::passes",
            "outcomes::fails_with_a_panic",
            "--exact",
        ])
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&nested.stdout).into_owned();
    assert!(output.contains("test outcomes::passes ... ok"), "{output}");
    assert!(
        output.contains("test outcomes::fails_with_a_panic ... FAILED"),
        "{output}"
    );
    assert_eq!(nested.status.code(), Some(101));
}

/// A program that outlives the test holds nothing of the harness open, nor of the network.
#[netns_test]
fn hands_no_descriptors_to_programs() {
    let listed = Command::new("ls")
        .arg("/proc/self/fd")
        .output()
        .unwrap()
        .stdout;
    assert_eq!(
        String::from_utf8(listed).unwrap(),
        expected("DOWNSTREAM_DESCRIPTORS")
    );
}

/// The test is alone in its process, so that it may change what belongs to the process.
#[netns_test]
fn may_change_its_process() {
    std::env::set_current_dir("/").unwrap();
    assert_eq!(std::env::current_dir().unwrap(), PathBuf::from("/"));
}
