//! The process that people started: it runs the case in a child and is the judge.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::attempt::seconds;
use crate::console;
use crate::diagnosis::Step;
use crate::entry;
use crate::error::{Error, Kind};
use crate::harness::case::Case;
use crate::harness::control::{Control, Message};
use crate::harness::crowd::Crowd;
use crate::harness::outcome::{self, Ending, Failure};
use crate::harness::skip;
use crate::plan;
use crate::settings::{self, OnFail, Settings};
use crate::sys::{bootstrap, process};

/// How long a child that is out of time may take to print its report.
const REPORT_WITHIN: Duration = Duration::from_secs(5);
/// The most that is read at once: a child that prints without end must not keep its deadline from being seen.
const READS: usize = 64;
/// How often a child is looked at where the kernel does not say that it ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The tests of this process.
static CROWD: Crowd = Crowd::new();

/// Runs the case in a process of its own and judges the outcome.
pub(crate) fn run(case: &Case, settings: &Settings) {
    if cfg!(panic = "abort") {
        // Such a libtest starts a process for each test, in which the test looks like one that nobody has started a process for yet:
        // each would start the next one, without end.
        outcome::fail(&aborts(case).to_string());
    }
    let started = CROWD.start(|| Running::start(case));
    let (running, _place) = match started {
        // The place is free when the process has ended and all that it cost is given back.
        Ok(started) => started,
        Err(cause) => {
            let error = entry::refused(Step::OwnProcess, &cause);
            if error.is_refused() {
                return skip::refused(case, settings, &error.to_string());
            }
            outcome::fail(&error.to_string())
        }
    };
    let told = match running.watch(case, settings) {
        Ok(told) => told,
        Err(cause) => {
            let error = Error::kernel(
                format!("run test `{}` in a process of its own", case.test_name()),
                cause,
            );
            outcome::fail(&error.to_string())
        }
    };
    // A process that went wrong after the refusal is a failure, which nothing skips.
    if let Some(refusal) = told.refused.as_ref().filter(|_| told.status.success()) {
        return skip::refused(case, settings, refusal);
    }
    let judged = match &told.ending {
        Some(ending) => outcome::judge(case.should_panic, ending),
        None => Err(Failure::New(unexplained(case, &told))),
    };
    // Sanitizers and broken destructors speak up when a process exits, and only its status tells.
    let judged = judged.and_then(|()| {
        if told.status.success() {
            Ok(())
        } else {
            Err(Failure::New(unexplained(case, &told)))
        }
    });
    if let Err(failure) = judged {
        outcome::fail_with(failure);
    }
}

fn aborts(case: &Case) -> Error {
    let what = format!("run test `{}` in a process of its own", case.test_name());
    let cause = "panics abort in this build, and the test harness starts processes itself";
    Error::new(Kind::Unsupported, what, cause)
        .help("set NETNS_TEST_ISOLATION=thread, or build the tests without -Zpanic-abort-tests")
}

/// Everything that the child told, or did not.
struct Told {
    started: bool,
    /// There is a network that could be shown.
    performing: bool,
    refused: Option<String>,
    ending: Option<Ending>,
    /// The deadline that passed.
    overdue: Option<Duration>,
    status: ExitStatus,
}

/// Why there is no outcome, or none that counts.
fn unexplained(case: &Case, told: &Told) -> String {
    let name = case.test_name();
    if let Some(limit) = told.overdue {
        return format!(
            "failed to finish test `{name}`: it ran longer than {}\n  \
             help: give it more with `timeout = ..` in the attribute or NETNS_TEST_TIMEOUT=SECONDS; NETNS_TEST_TIME_SCALE=2 doubles every limit",
            seconds(limit),
        );
    }
    let end = match (told.status.code(), told.status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => format!("was killed by {}", process::signal_name(signal)),
        (None, None) => "ended".to_owned(),
    };
    if told.started {
        let when = match (&told.ending, &told.refused) {
            (Some(_), _) => "after the test had passed",
            (None, Some(_)) => "after this machine had been found to lack what the test needs",
            (None, None) => "before the test had ended",
        };
        return format!("failed to finish test `{name}`: its process {end} {when}");
    }
    format!(
        "failed to run test `{name}` in a process of its own: the process {end} without having found it\n  \
         help: it is this program, called again for the one test, which needs libtest's command line and the test's path \
         `{name}`; NETNS_TEST_ISOLATION=thread runs it in this process, as it has to be where another program loads this one"
    )
}

/// What the process of a test is marked with.
fn mark() -> String {
    let patience = settings::namespace_released_within().as_millis();
    format!(
        "{} {}",
        std::process::id(),
        u32::try_from(patience).unwrap_or(u32::MAX)
    )
}

/// A child and the ends of what connects us.
struct Running {
    child: Child,
    control: Control,
    /// Both of its output streams in their order; none if the child writes where we would.
    output: Option<File>,
    /// Can be read once the child has ended; none on kernels that do not say.
    end: Option<OwnedFd>,
}

impl Running {
    fn start(case: &Case) -> io::Result<Self> {
        let (control, childs_end) = Control::pair()?;
        let mut command = Command::new(process::own_program());
        if let Some(name) = std::env::args_os().next() {
            command.arg0(name);
        }
        command.args([
            case.test_name(),
            "--exact",
            "--include-ignored",
            "--nocapture",
            "--test-threads=1",
        ]);
        command.env(bootstrap::MARK.to_string_lossy().as_ref(), mark());
        if !Path::new("/etc/host.conf").exists() {
            let (name, value) = plan::etc::HOST_CONF_VARIABLE;
            command.env(name, value);
        }
        command.stdin(childs_end);
        let output = if is_captured() {
            let (reader, writer) = process::pipe()?;
            process::set_nonblocking(&reader)?;
            command.stderr(writer.try_clone()?).stdout(writer);
            Some(File::from(reader))
        } else {
            command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
            None
        };
        let child = command.spawn()?;
        let end = process::end_of(child.id()).ok();
        Ok(Self {
            child,
            control,
            output,
            end,
        })
    }

    /// Relays output and listens until the child has ended.
    fn watch(mut self, case: &Case, settings: &Settings) -> io::Result<Told> {
        let limit = settings.scaled(case.timeout.unwrap_or(settings.timeout));
        let mut told = Told {
            started: false,
            performing: false,
            refused: None,
            ending: None,
            overdue: None,
            status: ExitStatus::default(),
        };
        let mut deadline = Some(Instant::now() + limit);
        let mut text = Utf8::default();
        let mut listening = true;
        loop {
            let ready = self.wait(deadline, listening)?;
            if ready.output {
                self.relay(&mut text)?;
            }
            if ready.control {
                match self.control.receive()? {
                    Some(Message::Hold(text)) => {
                        deadline = None;
                        self.hold(&text)?;
                    }
                    // The child has printed its report and has nothing more to say.
                    Some(Message::Report) => self.child.kill()?,
                    Some(message) => note(&mut told, message),
                    None => listening = false,
                }
            }
            if let Some(status) = self.ended(ready.end)? {
                self.relay(&mut text)?;
                text.finish();
                // A process that the test forked may hold the other end open, for longer than anybody would wait.
                process::set_nonblocking(&self.control)?;
                while let Ok(Some(message)) = self.control.receive() {
                    note(&mut told, message);
                }
                return Ok(Told { status, ..told });
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                let unwanted =
                    settings.on_fail == OnFail::None || !told.performing || told.overdue.is_some();
                if unwanted || self.control.send(&Message::Report).is_err() {
                    self.child.kill()?;
                }
                told.overdue = Some(limit);
                deadline = Some(Instant::now() + settings.scaled(REPORT_WITHIN));
            }
        }
    }

    fn wait(&self, deadline: Option<Instant>, listening: bool) -> io::Result<Ready> {
        let mut descriptors: Vec<BorrowedFd<'_>> = Vec::new();
        descriptors.extend(self.output.as_ref().map(AsFd::as_fd));
        descriptors.extend(listening.then(|| self.control.as_fd()));
        descriptors.extend(self.end.as_ref().map(AsFd::as_fd));
        let deadline = match self.end {
            Some(_) => deadline,
            None => Some(
                deadline
                    .into_iter()
                    .fold(Instant::now() + LOOK_EVERY, Instant::min),
            ),
        };
        let ready = process::wait_readable(&descriptors, deadline)?;
        let mut ready = ready.into_iter();
        Ok(Ready {
            output: self.output.is_some() && ready.next().unwrap_or_default(),
            control: listening && ready.next().unwrap_or_default(),
            end: self.end.is_none() || ready.next().unwrap_or_default(),
        })
    }

    fn ended(&mut self, perhaps: bool) -> io::Result<Option<ExitStatus>> {
        if perhaps {
            self.child.try_wait()
        } else {
            Ok(None)
        }
    }

    /// Prints what there is, through libtest's capture.
    fn relay(&mut self, text: &mut Utf8) -> io::Result<()> {
        let mut buffer = [0; 8192];
        for _ in 0..READS {
            let Some(output) = &mut self.output else {
                break;
            };
            match output.read(&mut buffer) {
                Ok(0) => self.output = None,
                Ok(length) => text.print(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Shows people what to do, and waits for them.
    fn hold(&mut self, text: &str) -> io::Result<()> {
        console::say(text);
        console::wait_for_enter();
        self.control.send(&Message::Continue)
    }
}

/// Whatever goes wrong here, the child does not go on without us.
impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself has been waited for, and neither does anything.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

struct Ready {
    output: bool,
    control: bool,
    end: bool,
}

fn note(told: &mut Told, message: Message) {
    match message {
        Message::Started => told.started = true,
        Message::Performing => told.performing = true,
        Message::Refused(text) => told.refused = Some(text),
        // A body that ended while its deadline passed was in time.
        Message::Ended(ending) => told.ending = Some(ending),
        Message::Report | Message::Hold(_) | Message::Continue => {}
    }
}

/// Whether libtest captures what this test prints. If it does not, the child can write to our streams itself.
fn is_captured() -> bool {
    let flags = ["--nocapture", "--no-capture"];
    let shown = std::env::args().any(|argument| flags.contains(&argument.as_str()))
        || std::env::var("RUST_TEST_NOCAPTURE").is_ok_and(|value| value != "0");
    !shown
}

/// Bytes on their way to `print!`, which takes text: a character may arrive in two parts.
#[derive(Default)]
struct Utf8 {
    rest: Vec<u8>,
}

impl Utf8 {
    fn print(&mut self, bytes: &[u8]) {
        self.rest.extend(bytes);
        let whole = match std::str::from_utf8(&self.rest) {
            // No character is longer than four bytes: an older beginning will not be completed.
            Err(error)
                if error.error_len().is_none() && self.rest.len() - error.valid_up_to() < 4 =>
            {
                error.valid_up_to()
            }
            _ => self.rest.len(),
        };
        show(&String::from_utf8_lossy(&self.rest[..whole]));
        self.rest.drain(..whole);
    }

    fn finish(&mut self) {
        if !self.rest.is_empty() {
            show(&String::from_utf8_lossy(&self.rest));
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "this is how a test's output reaches libtest's capture"
)]
fn show(text: &str) {
    print!("{text}");
    drop(io::stdout().flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_may_arrive_in_two_parts() {
        let mut text = Utf8::default();
        text.print(&[b'a', 0xc3]);
        assert_eq!(text.rest, [0xc3]);
        text.print(&[0xbc, 0xff, b'b']);
        assert!(text.rest.is_empty());
    }

    #[test]
    fn limits_read_as_people_write_them() {
        assert_eq!(seconds(Duration::from_secs(60)), "60 s");
        assert_eq!(seconds(Duration::from_millis(250)), "0.250 s");
    }
}
