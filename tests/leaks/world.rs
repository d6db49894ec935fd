//! A place in which nobody else's doings are seen: a user namespace that counts its network namespaces, mounts and `/tmp` of its own.
//!
//! The kernel counts the network namespaces of a user namespace and refuses one beyond `max_net_namespaces`. It counts down when it
//! has released one, in its own time, but never forgets one that is left. Names and inode numbers can be used again by others
//! meanwhile; the count is ours alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use crate::census::{entries, eventually};
use crate::suite::Suite;

/// Where a user namespace's owner limits what it may contain.
const LIMITS: &str = "/proc/sys/user";
/// Nobody's number, so that nobody's limits count.
const ORDINARY: u32 = 54_321;

/// Runs the test's body in such a world. `test` is the path of the calling test, which root runs again as an ordinary user: root
/// has no user namespace of its own.
pub(crate) fn run(test: &str, body: impl FnOnce(&World) + Send) {
    run_scaled(test, 1.0, body);
}

/// The same with all limits of time multiplied, those of tests too: for what is refused only after it has been waited for.
pub(crate) fn run_scaled(test: &str, scale: f64, body: impl FnOnce(&World) + Send) {
    const SCALE: &str = "NETNS_TEST_TIME_SCALE";
    #[expect(clippy::float_cmp, reason = "a number that is passed, not computed")]
    let is_scaled = scale == 1.0 || std::env::var(SCALE) == Ok(scale.to_string());
    if !has_user_namespace() || !is_scaled {
        let again = Suite::of(test, 1).exact();
        let mut again = if nix::unistd::geteuid().is_root() {
            again.user(ORDINARY)
        } else {
            // It has to make a user namespace again: one that it inherits is not its own.
            again.without_capabilities()
        };
        if !is_scaled {
            again = again.env(SCALE, scale.to_string());
        }
        again.run().assert_passed();
        return;
    }
    thread::scope(|scope| {
        let world = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNS).expect("a user namespace's owner may");
            // Nothing that is mounted here is seen outside.
            let recursively = MsFlags::MS_REC | MsFlags::MS_SLAVE;
            mount(None::<&str>, "/", None::<&str>, recursively, None::<&str>)
                .expect("its mounts are its own");
            for folder in ["/tmp", "/run"] {
                mount(
                    Some("tmpfs"),
                    folder,
                    Some("tmpfs"),
                    MsFlags::empty(),
                    None::<&str>,
                )
                .unwrap_or_else(|cause| panic!("{folder}: {cause}"));
            }
            // The place for temporary files was perhaps below one of them.
            fs::create_dir_all(std::env::temp_dir()).expect("the new /tmp is writable");
            body(&World { files: files() });
        });
        if let Err(panic) = world.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Whether this process is in a user namespace that our crate made: one in which only its own user is known, under its own number.
fn has_user_namespace() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").expect("/proc is mounted");
    let words: Vec<&str> = map.split_whitespace().collect();
    matches!(words[..], [inside, outside, "1"] if inside == outside)
}

/// The calling thread is in such a world.
pub(crate) struct World {
    files: BTreeSet<String>,
}

impl World {
    /// Lets this user namespace have as many network namespaces.
    pub(crate) fn allow(&self, number: usize) {
        self.allow_of("net", number);
    }

    /// The same for other kinds of namespaces: `pid`, `user`.
    pub(crate) fn allow_of(&self, kind: &str, number: usize) {
        let limit = format!("{LIMITS}/max_{kind}_namespaces");
        fs::write(limit, number.to_string()).expect("a user namespace's owner sets its limits");
    }

    /// Fails unless the network namespaces that are still counted are `held`, once the kernel has released what it is about to.
    ///
    /// The probe takes one, all or nothing, so that it does not stand in its own way.
    pub(crate) fn assert_held(&self, held: usize) {
        self.allow(held + 1);
        eventually(|| {
            one_namespace()
                .map_err(|cause| format!("more than {held} namespaces are held: {cause}"))
        });
        // And not fewer: the limit is one that holds. Whether the probe's has been released yet makes no difference.
        self.allow(held);
        assert!(
            one_namespace().is_err(),
            "fewer than {held} namespaces are held"
        );
    }

    /// Fails if there is a file that nobody took away, in the folders where programs leave some.
    pub(crate) fn assert_no_files(&self) {
        assert_eq!(files(), self.files);
    }
}

fn files() -> BTreeSet<String> {
    let folders = ["/tmp", "/run"].map(|folder| entries(Path::new(folder)));
    folders.into_iter().flatten().collect()
}

/// Makes a network namespace, if there is room for one: at once, where a network waits for it.
fn one_namespace() -> nix::Result<()> {
    thread::scope(|scope| {
        // The thread ends in it.
        let made = scope.spawn(|| unshare(CloneFlags::CLONE_NEWNET));
        made.join().expect("it does not panic")
    })
}
