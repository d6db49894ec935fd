//! A shell in a network of its own, where `ip netns add` touches nothing of the machine's.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Where one command's output ends.
const END: &str = "-- end of output --";

/// What Linux 5.10 says of every `stp_state`, of `stp_state 0` too: its bridges hear each other in the machine's own namespace only.
const NO_STP: &str = "Warning: bridge: STP does not work in non-root netns.";

/// A shell that runs one line after another. It dies with its standard input, and its namespaces die with it.
pub(crate) struct Scratch {
    shell: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        // Root has what it needs; others get it with a user namespace, in which they are root.
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let namespaces = if is_root { "-nm" } else { "-Urnm" };
        let mut shell = Command::new("unshare")
            .args([namespaces, "sh", "-c", "exec 2>&1; exec sh"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`unshare` of util-linux is needed");
        let input = shell.stdin.take().unwrap();
        let output = BufReader::new(shell.stdout.take().unwrap());
        let mut scratch = Self {
            shell,
            input,
            output,
        };
        // `ip netns` keeps its names in /run/netns: here, a directory that nobody else sees.
        scratch.must("mount -t tmpfs none /run");
        scratch
    }

    /// Runs one line and returns what it printed; a line that fails or complains ends the test.
    pub(crate) fn must(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}\necho \"$?\"\necho '{END}'").unwrap();
        let mut text = String::new();
        while !text.ends_with(&format!("{END}\n")) {
            let read = self.output.read_line(&mut text).unwrap();
            assert!(read > 0, "the shell ended in `{line}`: {text}");
        }
        let text = text.strip_suffix(&format!("{END}\n")).unwrap().trim_end();
        let (printed, status) = text.rsplit_once('\n').unwrap_or(("", text));
        assert_eq!(status, "0", "`{line}` failed: {printed}");
        printed.to_owned()
    }

    /// Runs a plan's script as it was printed. None of its lines has anything to say but [`NO_STP`].
    pub(crate) fn run(&mut self, script: &str) {
        let mut lines = script.lines();
        while let Some(line) = lines.next() {
            let mut command = line.to_owned();
            if line.ends_with("<<'END'") {
                let input = lines.by_ref().take_while(|line| *line != "END");
                input.for_each(|line| command.push_str(&format!("\n{line}")));
                command.push_str("\nEND");
            }
            let said = self.must(&command);
            if !(line.contains(" stp_state ") && said == NO_STP) {
                assert_eq!(said, "", "`{line}` has something to say");
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(self.shell.kill());
        drop(self.shell.wait());
    }
}
