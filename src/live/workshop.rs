//! Where a node's files are made before they are shown in place of the machine's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::sys::mounts;

/// Where files are written before each is shown in its place: the first that is there. Nothing of it is visible afterwards.
const WORKSHOPS: [&str; 3] = ["/tmp", "/sys", "/proc"];

/// A directory in memory, for as long as it takes to put its files where they are to be seen.
pub(super) struct Workshop {
    directory: &'static Path,
}

impl Workshop {
    pub(super) fn open() -> io::Result<Self> {
        let directory = WORKSHOPS.iter().map(Path::new).find(|path| path.is_dir());
        let directory = directory.ok_or(io::ErrorKind::NotFound)?;
        mounts::mount_memory(directory)?;
        Ok(Self { directory })
    }

    /// A name for the thing that is shown at `target`: `/etc/hosts` is made as `etc-hosts`.
    fn draft(&self, target: &str) -> PathBuf {
        self.directory
            .join(target.trim_start_matches('/').replace('/', "-"))
    }

    /// Sees to it that a directory has these files, so that others can be shown instead: if one is missing, a copy is shown in which it is
    /// there, empty, beside all that the directory holds.
    ///
    /// Nothing can be shown where nothing is, and a file that is made on the machine's disk would be everybody's.
    pub(super) fn complete(&self, directory: &str, files: &[&str]) -> io::Result<()> {
        let original = Path::new(directory);
        let mut missing = files
            .iter()
            .filter(|file| is_missing(&original.join(file)))
            .peekable();
        if missing.peek().is_none() {
            return Ok(());
        }
        let copy = self.draft(directory);
        fs::create_dir(&copy)?;
        fs::set_permissions(&copy, fs::metadata(original)?.permissions())?;
        for entry in fs::read_dir(original)? {
            let path = entry?.path();
            repeat(&path, &copy.join(path.file_name().unwrap_or_default()))?;
        }
        for file in missing {
            mounts::write_readable(&copy.join(file), "")?;
        }
        mounts::cover(&copy, original)
    }

    /// Shows a text instead of the file.
    pub(super) fn show(&self, text: &str, target: &str) -> io::Result<()> {
        let draft = self.draft(target);
        mounts::write_readable(&draft, text)?;
        mounts::cover(&draft, Path::new(target))
    }

    /// Shows an empty directory instead, if there is something.
    pub(super) fn hide(&self, target: &str) -> io::Result<()> {
        // The kernel would say so as well, but takes its time to forget a mount that found no place.
        fs::symlink_metadata(target)?;
        let draft = self.draft(target);
        fs::create_dir(&draft)?;
        mounts::cover(&draft, Path::new(target))
    }

    /// Shows a symbolic link instead.
    pub(super) fn redirect(&self, to: &str, target: &str) -> io::Result<()> {
        let draft = self.draft(target);
        mounts::link(Path::new(to), &draft)?;
        mounts::cover(&draft, Path::new(target))
    }

    /// Shows again what was here. What has been put in place stays.
    pub(super) fn close(self) -> io::Result<()> {
        mounts::detach(self.directory)
    }
}

fn is_missing(path: &Path) -> bool {
    let found = path.symlink_metadata();
    found.is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound)
}

/// Shows at `place` what is at `path`.
fn repeat(path: &Path, place: &Path) -> io::Result<()> {
    let kind = path.symlink_metadata()?.file_type();
    if kind.is_symlink() {
        return mounts::link(&fs::read_link(path)?, place);
    }
    if kind.is_dir() {
        fs::create_dir(place)?;
    } else {
        mounts::write_readable(place, "")?;
    }
    mounts::cover(path, place)
}
