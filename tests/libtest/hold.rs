//! A failed test's network is kept while people look at it from outside, by the lines that are printed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::subjects::{Package, Scratch, prepare};

#[test]
fn a_failed_network_is_kept_until_people_have_looked() {
    let scratch = Scratch::new();
    let mut command = Command::new(Package::Downstream.program());
    prepare(&mut command, &scratch);
    let mut run = command
        .args(["--exact", "outcomes::fails_an_assertion"])
        .env("NETNS_TEST_ON_FAIL", "hold")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let told: Vec<String> = BufReader::new(run.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .take_while(|line| !line.contains("press Enter here"))
        .collect();
    let ways: Vec<&str> = told
        .iter()
        .map(|line| line.trim())
        .filter(|line| line.starts_with("nsenter "))
        .collect();
    assert!(!ways.is_empty(), "{told:?}");
    for way in ways {
        // A shell, as people would use: the line ends with a comment that names the node.
        let looked = Command::new("sh").args(["-c", way]).output().unwrap();
        let seen = String::from_utf8_lossy(&looked.stdout);
        assert!(looked.status.success(), "{way}: {looked:?}");
        assert!(
            seen.contains("1: lo: <LOOPBACK,UP,LOWER_UP>"),
            "{way}: {seen}"
        );
        let node = way.rsplit("# ").next().unwrap();
        let way = way.replace("ip address", "hostname");
        let looked = Command::new("sh").args(["-c", &way]).output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&looked.stdout).trim(),
            node,
            "{way}: {looked:?}"
        );
    }
    run.stdin.take().unwrap().write_all(b"\n").unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    let output = String::from_utf8_lossy(&output.stdout);
    assert!(output.contains("the network as it was"), "{output}");
}
