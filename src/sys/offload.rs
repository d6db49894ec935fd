//! What an interface leaves to others: checksums, and cutting large packets into frames.
//!
//! Between virtual links nobody does that work: packets of 64 KiB without checksums go from host to host. Trouble would meet
//! such a packet as a whole. With these offloads off, the sender makes frames with checksums, and each meets its own fate.
//!
//! What is received is left alone: a veth puts packets together only where a test has told it to.
//!
//! See [ethtool(8)](https://man7.org/linux/man-pages/man8/ethtool.8.html) and `linux/ethtool.h`.
#![allow(unsafe_code, reason = "a system call that no crate wraps")]

use std::io;
use std::os::fd::AsRawFd;

use socket2::{Domain, Socket, Type};

const SIOCETHTOOL: libc::Ioctl = 0x8946;
const ETHTOOL_GSTRINGS: u32 = 0x1B;
const ETHTOOL_GSSET_INFO: u32 = 0x37;
const ETHTOOL_GFEATURES: u32 = 0x3A;
const ETHTOOL_SFEATURES: u32 = 0x3B;
const ETH_SS_FEATURES: u32 = 4;
/// The bytes of a feature's name.
const NAME: usize = 32;
/// Words before the first feature, and words of each 32 features.
const HEAD: usize = 2;
const TOLD: usize = 4;
/// A kernel has some sixty features. More than this is damage.
const MOST: u32 = 4096;

/// Leaves an interface these offloads of what it sends, and no others. In the calling thread's network.
pub(crate) fn set(interface: &str, kept: Offloads) -> io::Result<()> {
    let mut device = Device::open(interface)?;
    let numbers = device.offloads(kept)?;
    let state = device.state(numbers.len())?;
    let mut request = vec![ETHTOOL_SFEATURES, numbers.len() as u32];
    for (numbers, state) in numbers.iter().zip(&state) {
        let valid = numbers.all & state.available;
        request.extend([valid, valid & numbers.kept]);
    }
    device.ask(&mut request)?;
    let left = device.state(numbers.len())?;
    let is_done = numbers.iter().zip(&left).all(|(numbers, state)| {
        let changeable = numbers.all & state.available;
        state.active & changeable == changeable & numbers.kept
    });
    if is_done {
        return Ok(());
    }
    Err(io::Error::other("not all offloads can be changed"))
}

/// What an interface may leave to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offloads {
    /// All that it can, as a new veth does.
    All,
    /// What a packet socket can pass on: the segmentation of TCP, and the checksums of TCP and UDP.
    Plain,
    /// One packet is one frame.
    Nothing,
}

impl Offloads {
    fn keep(self, name: &str) -> bool {
        match self {
            Self::All => true,
            // Before Linux 6.2, what UDP has others segment cannot be read from a packet socket; nor can tunnels on any.
            Self::Plain => {
                let parts = ["tx-tcp", "tx-generic", "tx-checksum", "scatter-gather"];
                !name.contains("sctp") && parts.iter().any(|part| name.contains(part))
            }
            Self::Nothing => false,
        }
    }
}

/// Whether a feature is about what is sent, and lets a packet be other than its frames.
fn is_offload(name: &str) -> bool {
    let parts = ["checksum", "scatter-gather", "segmentation", "gso-list"];
    name.starts_with("tx-") && parts.iter().any(|part| name.contains(part))
}

/// The numbers of offloads, 32 of them as bits.
#[derive(Clone, Copy, Default)]
struct Numbers {
    all: u32,
    kept: u32,
}

/// 32 features of an interface, as bits.
struct State {
    available: u32,
    active: u32,
}

/// An interface, and a socket to ask by.
struct Device {
    socket: Socket,
    name: [u8; libc::IFNAMSIZ],
}

impl Device {
    fn open(interface: &str) -> io::Result<Self> {
        let mut name = [0; libc::IFNAMSIZ];
        // The kernel expects a NUL at the end.
        let room = name[..libc::IFNAMSIZ - 1].get_mut(..interface.len());
        let too_long = || io::Error::from_raw_os_error(libc::ENODEV);
        room.ok_or_else(too_long)?
            .copy_from_slice(interface.as_bytes());
        let socket = Socket::new(Domain::UNIX, Type::DGRAM.cloexec(), None)?;
        Ok(Self { socket, name })
    }

    /// The features to be changed, 32 to a word. Each kernel has its own numbers for them, by which it lists their names.
    fn offloads(&mut self, kept: Offloads) -> io::Result<Vec<Numbers>> {
        // `struct ethtool_sset_info`: the sets that are asked about, as 64 bits; the count follows.
        let mut info = [ETHTOOL_GSSET_INFO, 0, 0, 0, 0];
        let set = (1_u64 << ETH_SS_FEATURES).to_ne_bytes();
        for (word, bytes) in info[2..4].iter_mut().zip(set.chunks_exact(4)) {
            *word = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        self.ask(&mut info)?;
        let count = info[4].min(MOST);
        let mut strings = vec![ETHTOOL_GSTRINGS, ETH_SS_FEATURES, count];
        strings.resize(3 + count as usize * NAME / 4, 0);
        self.ask(&mut strings)?;
        let bytes: Vec<u8> = strings[3..]
            .iter()
            .flat_map(|it| it.to_ne_bytes())
            .collect();
        let mut offloads = vec![Numbers::default(); (count as usize).div_ceil(32)];
        for (number, name) in bytes.chunks(NAME).enumerate() {
            let name = String::from_utf8_lossy(name);
            let name = name.trim_end_matches('\0');
            let bit = u32::from(is_offload(name)) << (number % 32);
            offloads[number / 32].all |= bit;
            if kept.keep(name) {
                offloads[number / 32].kept |= bit;
            }
        }
        Ok(offloads)
    }

    /// What is on, and what can be changed.
    fn state(&mut self, words: usize) -> io::Result<Vec<State>> {
        let mut request = vec![0; HEAD + words * TOLD];
        (request[0], request[1]) = (ETHTOOL_GFEATURES, words as u32);
        self.ask(&mut request)?;
        // `struct ethtool_get_features_block`: available, requested, active, never changed.
        let blocks = request[HEAD..].chunks_exact(TOLD);
        Ok(blocks
            .map(|block| State {
                available: block[0],
                active: block[2],
            })
            .collect())
    }

    /// Has the kernel read and write a structure of ethtool's, which begins with its command.
    fn ask(&mut self, structure: &mut [u32]) -> io::Result<()> {
        #[repr(C)]
        struct Request {
            name: [u8; libc::IFNAMSIZ],
            data: *mut u32,
            // `struct ifreq` goes on after its pointer, and is copied whole.
            rest: [u8; 24],
        }
        let mut request = Request {
            name: self.name,
            data: structure.as_mut_ptr(),
            rest: [0; 24],
        };
        // SAFETY: the request is at least as long as `struct ifreq`, and lives as long as the call, as does the structure that it points
        // to, which is as long as its own counts say.
        let result = unsafe { libc::ioctl(self.socket.as_raw_fd(), SIOCETHTOOL, &raw mut request) };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}
