//! Where a program is, and why it could not be started.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::sys::process;

/// Where distributions put programs of administrators, which network programs are: the `PATH` of an ordinary user often lacks them.
const ADMINISTRATORS: &str = "/usr/local/sbin:/usr/sbin:/sbin";

/// The program's path, if it can be found; a name with a slash is one already.
pub(super) fn path_of(name: &OsStr) -> Option<PathBuf> {
    if name.to_string_lossy().contains('/') {
        return Some(PathBuf::from(name));
    }
    directories()
        .into_iter()
        .map(|directory| directory.join(name))
        .find(|candidate| process::is_program(candidate))
}

/// Where a name is looked for, each place once.
fn directories() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = Vec::new();
    for directory in env::split_paths(&path).chain(env::split_paths(ADMINISTRATORS)) {
        if !directories.contains(&directory) {
            directories.push(directory);
        }
    }
    directories
}

/// The same as a text.
fn looked_in() -> String {
    let directories = directories();
    let shown: Vec<_> = directories.iter().map(|it| it.to_string_lossy()).collect();
    shown.join(":")
}

/// Finds a program that a test needs, where [`Host::command`](crate::Host::command) looks for it, and returns its path.
///
/// Call it first in a body and hand its error on: a machine without the program is then treated as one without networks. The test fails,
/// and with `NETNS_TEST_UNSUPPORTED=skip` it is skipped instead: aloud, recorded, and forbidden by `NETNS_TEST_REQUIRE=1`. The same holds
/// for each error that [`is_unsupported`](Error::is_unsupported) or [`is_refused`](Error::is_refused), if the body returns it
/// as [`TestResult`](crate::TestResult) or [`Result`]; in an error of another type it is a failure.
///
/// # Errors
///
/// There is no such program.
///
/// # Examples
///
/// ```
/// use netns_test::{Network, TestResult, require_program};
///
/// fn the_page_is_served(net: &Network) -> TestResult {
///     require_program("nginx")?;
///     net.host("server").command("nginx").spawn()?;
///     Ok(())
/// }
///
/// assert!(require_program("sh").unwrap().is_absolute());
/// assert!(require_program("no-such-program").unwrap_err().is_unsupported());
/// ```
pub fn require_program(name: impl AsRef<OsStr>) -> Result<PathBuf> {
    let name = name.as_ref();
    if let Some(path) = path_of(name).filter(|path| process::is_program(path)) {
        return Ok(path);
    }
    let what = format!("find program `{}`", name.to_string_lossy());
    let error = Error::new(Kind::Unsupported, what, "there is no such program");
    let error = if name.to_string_lossy().contains('/') {
        error
    } else {
        error.help(format!("install it; it is in none of {}", looked_in()))
    };
    Err(error.help("to skip such tests instead, set NETNS_TEST_UNSUPPORTED=skip"))
}

/// Why `name` could not be started in a host.
pub(super) fn refusal(
    name: &OsStr,
    found: Option<&Path>,
    directory: &Path,
    host: &str,
    cause: io::Error,
) -> Error {
    let what = format!(
        "start program `{}` in host `{host}`",
        name.to_string_lossy()
    );
    let kind = cause.kind();
    let missing = kind == io::ErrorKind::NotFound;
    match found {
        None => {
            let help = format!(
                "install it, or give its path; it is in none of {}",
                looked_in()
            );
            Error::new(Kind::Kernel, what, "there is no such program").help(help)
        }
        Some(_) if missing && !directory.is_dir() => {
            let help = format!(
                "there is no directory `{}` to start it in",
                directory.display()
            );
            Error::kernel(what, cause).help(help)
        }
        Some(path) if missing && path.exists() => Error::kernel(what, cause).help(
            "the file is there; what its first line or its header names as interpreter is not",
        ),
        Some(path) if kind == io::ErrorKind::PermissionDenied => {
            let help = format!("may this user execute `{}`?", path.display());
            Error::kernel(what, cause).help(help)
        }
        Some(_) => Error::kernel(what, cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_for_and_a_path_is_not() {
        assert!(path_of(OsStr::new("sh")).unwrap().ends_with("sh"));
        assert_eq!(
            path_of(OsStr::new("./no-such-program")),
            Some(PathBuf::from("./no-such-program"))
        );
        assert_eq!(path_of(OsStr::new("no-such-program")), None);
    }
}
