//! What happens to whole nodes: there is none.

pub(crate) mod silence {
    use crate::error::Result;

    #[derive(Debug)]
    pub(crate) enum Silencer {}

    impl Silencer {
        pub(crate) fn open() -> Result<Self> {
            let what = "silence a host";
            Err(crate::error::Error::kernel(what, crate::sys::unsupported()))
        }

        pub(crate) fn mute(&mut self, _name: &str, _index: u32) -> Result<()> {
            match *self {}
        }

        pub(crate) fn queues(&mut self) -> Result<Vec<u32>> {
            match *self {}
        }

        pub(crate) fn unmute(&mut self, _index: u32) {
            match *self {}
        }

        pub(crate) fn deafen(&mut self, _interfaces: &[&str]) -> Result<()> {
            match *self {}
        }

        pub(crate) fn listen(&mut self) -> Result<()> {
            match *self {}
        }
    }
}

pub(crate) mod reset {
    use std::io;

    #[derive(Debug)]
    pub(crate) enum Resetter {}

    impl Resetter {
        pub(crate) fn open() -> io::Result<Self> {
            Err(crate::sys::unsupported())
        }

        pub(crate) fn close_all(&mut self) -> io::Result<()> {
            match *self {}
        }
    }
}
