//! What homes and programs need.

pub(crate) mod mounts {
    use std::io;
    use std::path::Path;

    #[derive(Debug)]
    pub(crate) enum Surroundings {}

    impl Surroundings {
        pub(crate) fn of_this_thread(_floor: Option<i32>) -> io::Result<Self> {
            Err(super::super::unsupported())
        }

        pub(crate) fn numbers(&self) -> (i32, i32) {
            match *self {}
        }

        pub(crate) fn enter(&self) -> io::Result<()> {
            match *self {}
        }
    }

    pub(crate) fn unshare_mounts() -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn unshare_host_name() -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn keep_private() -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn set_host_name(_name: &str) -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn mount_memory(_at: &Path) -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn write_readable(_path: &Path, _text: &str) -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn link(_to: &Path, _path: &Path) -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn detach(_at: &Path) -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn mount_sys() -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn cover(_source: &Path, _target: &Path) -> io::Result<()> {
        Err(super::super::unsupported())
    }
}

pub(crate) mod family {
    use std::io;

    #[derive(Debug)]
    pub(crate) enum First {}

    #[derive(Debug)]
    pub(crate) struct Began {
        pub(crate) first: First,
        pub(crate) proc: io::Result<()>,
    }

    impl First {
        pub(crate) fn kill(&self) {
            match *self {}
        }

        pub(crate) fn stop(&self, _stopped: bool) -> io::Result<()> {
            match *self {}
        }

        pub(crate) fn has_stopped(&self) -> bool {
            match *self {}
        }

        pub(crate) fn is_gone(&self) -> bool {
            match *self {}
        }

        pub(crate) fn waits_for_owners(&self) -> bool {
            match *self {}
        }
    }

    pub(crate) fn separate() -> io::Result<()> {
        Err(super::super::unsupported())
    }

    pub(crate) fn found() -> io::Result<Began> {
        Err(super::super::unsupported())
    }

    pub(crate) fn signal(_process: u32, _signal: i32) -> io::Result<()> {
        Err(super::super::unsupported())
    }
}
