//! What servers need of the kernel, on systems other than Linux.

#[cfg(feature = "dns")]
pub(crate) mod datagram {
    use std::io;
    use std::net::SocketAddr;

    #[derive(Debug)]
    pub(crate) enum Datagrams {}

    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Way {
        pub(crate) from: SocketAddr,
    }

    impl Datagrams {
        pub(crate) fn bind(_ipv4: bool, _port: u16) -> io::Result<Self> {
            Err(crate::sys::unsupported())
        }

        pub(crate) fn receive(&self, _buffer: &mut [u8]) -> io::Result<Option<(usize, Way)>> {
            match *self {}
        }

        pub(crate) fn send_back(&self, _bytes: &[u8], _way: Way) -> io::Result<()> {
            match *self {}
        }
    }
}

pub(crate) mod arrivals {
    use std::io;
    use std::net::UdpSocket;
    use std::time::Duration;

    #[derive(Debug)]
    pub(crate) enum Arrivals {}

    impl Arrivals {
        pub(crate) fn of(_socket: UdpSocket) -> io::Result<Self> {
            Err(crate::sys::unsupported())
        }

        pub(crate) fn socket(&self) -> &UdpSocket {
            match *self {}
        }

        pub(crate) fn next(
            &self,
            _buffer: &mut [u8],
            _wait: Duration,
        ) -> io::Result<Option<(usize, Duration)>> {
            match *self {}
        }
    }
}

pub(crate) mod link_socket {
    use std::io;

    use crate::sys::packet::Received;

    #[derive(Debug)]
    pub(crate) enum LinkSocket {}

    impl LinkSocket {
        pub(crate) fn open(_interface: &str, _index: u32) -> io::Result<Self> {
            Err(crate::sys::unsupported())
        }

        pub(crate) fn tell_all(&self, _message: &[u8]) -> io::Result<()> {
            match *self {}
        }

        pub(crate) fn receive(&mut self) -> io::Result<Option<Received<'_>>> {
            match *self {}
        }
    }
}

pub(crate) mod ready {
    use std::io;
    use std::marker::PhantomData;
    use std::time::Instant;

    #[derive(Default)]
    pub(crate) struct Watch<'a>(PhantomData<&'a ()>);

    #[derive(Debug)]
    pub(crate) enum Bell {}

    #[derive(Debug)]
    pub(crate) enum Alarm {}

    impl<'a> Watch<'a> {
        pub(crate) fn add<T>(&mut self, _source: &'a T, _read: bool, _write: bool) {}

        pub(crate) fn wait(self, _deadline: Option<Instant>) -> io::Result<Vec<bool>> {
            Err(crate::sys::unsupported())
        }
    }

    impl Bell {
        pub(crate) fn ring(&self) -> io::Result<()> {
            match *self {}
        }
    }

    pub(crate) fn alarm() -> io::Result<(Bell, Alarm)> {
        Err(crate::sys::unsupported())
    }
}
