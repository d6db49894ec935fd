//! The process that runs one case.

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use crate::harness::case::Case;
use crate::harness::control::{Control, Message};
use crate::harness::outcome::Ending;
use crate::harness::stage::{self, Audience, Staged};
use crate::network::Network;
use crate::settings::Settings;
use crate::sys::{bootstrap, process};
use crate::topology::Topology;

/// Runs the case and tells the parent. Whatever the outcome, libtest here sees a test that passed: the parent is the judge.
pub(crate) fn run(
    case: &Case,
    settings: &Settings,
    topology: impl FnOnce() -> Topology,
    body: impl FnOnce(&Network) -> Ending + Send,
    control: i32,
) {
    let parent = Parent {
        control: Control::adopt(process::adopt(control)),
    };
    parent.tell(&Message::Started);
    let last = match stage::stage(case, settings, topology, body, &parent) {
        Staged::Refused(verdict) => Message::Refused(verdict),
        Staged::Ended(ending) => Message::Ended(ending),
    };
    curtain_down();
    parent.tell(&last);
}

/// The parent, seen from the child.
struct Parent {
    control: Control,
}

impl Parent {
    fn tell(&self, message: &Message) {
        // A parent that has gone takes this process along; there is nobody to tell.
        drop(self.control.send(message));
    }
}

impl Audience for Parent {
    /// From here on, standard output is the test's.
    fn curtain_up(&self) {
        if let Some(output) = bootstrap::output() {
            point_standard_output(output);
        }
        self.tell(&Message::Performing);
    }

    fn watch(&self, done: &UnixStream, print_report: &dyn Fn()) {
        loop {
            match process::wait_readable(&[done.as_fd(), self.control.as_fd()], None).as_deref() {
                Ok([false, true]) => match self.control.receive() {
                    Ok(Some(Message::Report)) => {
                        print_report();
                        self.tell(&Message::Report);
                    }
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => return,
                },
                _ => return,
            }
        }
    }

    fn hold(&self, text: &str) {
        self.tell(&Message::Hold(text.to_owned()));
        while let Ok(Some(message)) = self.control.receive() {
            if message == Message::Continue {
                return;
            }
        }
    }
}

/// What libtest prints after the test is nobody's business: it goes where its header went.
fn curtain_down() {
    process::flush_c();
    if let Ok(nowhere) = std::fs::File::options().write(true).open("/dev/null") {
        point_standard_output(process::number(&nowhere));
    }
}

fn point_standard_output(to: i32) {
    // What is buffered belongs to the old one.
    drop(std::io::stdout().flush());
    drop(process::redirect(1, to));
}
