//! Tests of the repository itself: who may import whom, where unsafe code and foreign crates may stand, what may be in no file.
#![expect(
    clippy::unwrap_used,
    reason = "a file that cannot be read is a failed test"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The rows of the import table, lowest first. A module imports only from rows below its own.
const ROWS: [&[&str]; 22] = [
    &["errno", "feature"],
    &["error"],
    &["address", "chance"],
    &["impairment", "nft", "packet", "view", "wire", "zone"],
    &["topology"],
    &["plan"],
    &["attempt", "diagnosis", "settings"],
    &["sys"],
    &["console", "entry", "machine", "probe", "task", "wait"],
    &["relay", "runtime"],
    &["live"],
    &["here", "worker"],
    &["advertise", "dns", "wires"],
    &["barrier", "blame", "settle"],
    &["apply"],
    &["program"],
    &["host"],
    &["link"],
    &["network"],
    &["current", "reach", "report", "require", "trouble"],
    &["doctor", "keep", "measure"],
    &["harness"],
];

/// Foreign crates, and the only place that names each.
const FENCES: [(&str, &str); 8] = [
    ("rtnetlink::", "src/sys/"),
    ("nix::", "src/sys/"),
    ("socket2::", "src/sys/"),
    ("libc::", "src/sys/"),
    ("ctor::", "src/sys/"),
    ("pnet_packet::", "src/wire/"),
    ("simple_dns::", "src/zone/"),
    ("tokio::", "src/runtime/"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a directory, with its path from the root.
fn files(directory: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = vec![root().join(directory)];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((
                path.strip_prefix(root()).unwrap().display().to_string(),
                text,
            ));
        }
    }
    assert!(!found.is_empty(), "no files below {directory}");
    found.sort();
    found
}

/// The code of a source file: no comments, no documentation.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim_start)
        .filter(|line| !line.starts_with("//"))
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

#[test]
fn a_module_imports_only_from_rows_below_its_own() {
    let mut checked = 0;
    for (path, text) in files("src") {
        let module = path
            .trim_start_matches("src/")
            .split(['/', '.'])
            .next()
            .unwrap();
        // The crate's root, and programs, which use it as everybody does.
        if module == "lib" || module == "bin" {
            continue;
        }
        let own = row(module)
            .unwrap_or_else(|| panic!("{path}: module `{module}` stands in no row of the table"));
        for line in code(&text) {
            for part in line.split("crate::").skip(1) {
                let name: String = part
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let Some(other) = row(&name) else { continue };
                checked += 1;
                assert!(
                    other < own || name == module,
                    "{path}: imports `{name}`, which is not below `{module}`: {line}"
                );
            }
        }
    }
    assert!(checked > 100, "only {checked} imports were found");
}

#[test]
fn every_module_stands_in_the_table() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for line in code(&lib) {
        if let Some(module) = line
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'))
        {
            assert!(
                row(module).is_some(),
                "module `{module}` stands in no row of the table"
            );
        }
    }
}

#[test]
fn unsafe_code_stands_in_sys_alone_and_says_why_it_is_sound() {
    for (path, text) in files("src").into_iter().chain(files("macros/src")) {
        let mut sound = false;
        for line in text.lines().map(str::trim_start) {
            if line.starts_with("// SAFETY:") {
                sound = true;
            } else if line.contains("unsafe {") {
                assert!(
                    path.starts_with("src/sys/"),
                    "{path}: unsafe code outside of sys: {line}"
                );
                assert!(sound, "{path}: an unsafe block without its reason: {line}");
                sound = false;
            }
        }
    }
}

#[test]
fn foreign_crates_are_named_in_one_place_each() {
    for (path, text) in files("src") {
        for line in code(&text) {
            for (name, place) in FENCES {
                let named = line.find(name).is_some_and(|at| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '`')
                });
                assert!(
                    !named || path.starts_with(place),
                    "{path}: names `{name}` outside of {place}: {line}"
                );
            }
        }
    }
}

#[test]
fn no_program_is_executed_but_the_process_of_a_test_and_those_of_the_user() {
    for (path, text) in files("src") {
        let executes = code(&text).any(|line| line.contains("Command::new"));
        assert!(
            !executes
                || ["src/harness/parent.rs", "src/program/command.rs"].contains(&path.as_str()),
            "{path} executes a program"
        );
    }
}

#[test]
fn no_file_is_ill_sized() {
    for (path, text) in files("src")
        .into_iter()
        .chain(files("macros/src"))
        .chain(files("tests"))
    {
        let lines = text.lines().count();
        assert!(
            lines <= 450,
            "{path} has {lines} lines: has it one subject?"
        );
    }
}

/// What people copy is what was tried: the flags of the dev container are those of a mode of `.ci/containers`.
#[test]
fn the_dev_container_has_flags_that_were_tried() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let container: serde_json::Value =
        serde_json::from_str(&read("examples/ci/devcontainer.json")).unwrap();
    let flags: Vec<&str> = container["runArgs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| flag.as_str().unwrap())
        .collect();
    let script = read(".ci/containers");
    let variable = |name: &str| {
        let line = script.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim_matches('"').to_owned()
    };
    let unmasked = variable("unmasked=").replace("$relaxed", &variable("relaxed="));
    assert_eq!(flags.join(" "), unmasked);
}

#[test]
fn the_attribute_knows_every_feature() {
    let known = fs::read_to_string(root().join("macros/src/valid/features.rs")).unwrap();
    let list = known.split("KNOWN: &[&str] = &[").nth(1).unwrap();
    let list = list.split("];").next().unwrap();
    let listed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let all: Vec<String> = netns_test::Feature::ALL
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(listed, all);
}

#[test]
fn the_versions_agree() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let pinned = format!("netns-test-macros = {{ path = \"macros\", version = \"={version}\" }}");
    assert!(
        manifest.contains(&pinned),
        "Cargo.toml does not pin the macros to {version}"
    );
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let headings = changelog.lines().filter(|line| line.starts_with("## "));
    let known = headings
        .into_iter()
        .any(|line| line.contains(version) || line.contains("Unreleased"));
    assert!(known, "CHANGELOG.md has no heading for {version}");
}
