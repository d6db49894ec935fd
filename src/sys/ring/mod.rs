//! Frames of a port by [packet(7)](https://man7.org/linux/man-pages/man7/packet.7.html): in from memory shared with the kernel, out in bursts.
//!
//! Every frame has a header of [`HEAD`] bytes in front, `struct virtio_net_hdr`: what the sender left to the hardware.
#![allow(unsafe_code, reason = "memory shared with the kernel")]

mod port;
mod socket;
mod wait;

pub(crate) use port::{Fault, Port};
pub(crate) use wait::{Bell, Waiting, bell, wake_punctually};

use std::io;
use std::ops::RangeInclusive;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

use self::socket::{ask_for_ring, bind, packet_socket, share, told};
use super::socket::set_option;

/// The length of the header in front of each frame.
pub(crate) const HEAD: usize = 10;
/// A tag of a VLAN, and the addresses before it.
const TAG: usize = 4;
const ADDRESSES: usize = 12;
/// Before a frame in its slot: the kernel's header, the sender's address, our header, and what aligns them.
const BEFORE: usize = 96;
/// After it: a frame may grow a little where it lies.
const AFTER: usize = 32;
const BLOCK: usize = 1 << 18;
/// More than any slot for offloaded frames.
const LARGE_BLOCK: usize = 1 << 20;

/// What arrives at a port, in slots that the kernel fills and gets back: a burst of them waits without being lost.
pub(crate) struct Ring {
    socket: OwnedFd,
    map: NonNull<u8>,
    room: usize,
    /// The length of a slot, and of the block that a number of slots share.
    slot: usize,
    block: usize,
    slots: usize,
    /// The first slot that has not been given back.
    next: usize,
    /// Where each fetched frame lies in the map.
    fetched: Vec<Span>,
    /// The lengths of the frames that it takes, unless it takes all.
    lengths: Option<RangeInclusive<u32>>,
}

// SAFETY: the map is used through the ring alone, and is no thread's own.
unsafe impl Send for Ring {}

#[derive(Clone, Copy)]
struct Span {
    start: usize,
    length: usize,
    end: usize,
    /// When it arrived, by the machine's clock, in nanoseconds.
    at: u64,
}

impl Ring {
    /// Opens a port for frames of at most `longest` bytes, in the calling thread's namespace. Needs CAP_NET_RAW there.
    /// The slots take `room` bytes at most. It is the kernel's memory, and no limit of the user's counts it.
    ///
    /// It takes frames of these `lengths` only: another one takes the others. Without, it takes all, and those are empty that do not fit.
    /// It hears nothing until it is told to. Opening and closing take the kernel 10 ms and more each: do both beside what must not wait.
    pub(crate) fn open(
        port: u32,
        longest: usize,
        room: usize,
        lengths: Option<RangeInclusive<u32>>,
    ) -> io::Result<Self> {
        // What is not bound to a protocol hears nothing yet.
        let socket = packet_socket()?;
        let packet = |option, value| set_option(socket.as_fd(), libc::SOL_PACKET, option, value);
        packet(
            libc::PACKET_VERSION,
            libc::tpacket_versions::TPACKET_V2 as i32,
        )?;
        packet(libc::PACKET_VNET_HDR, 1)?;
        // What we send there is no news to us.
        packet(libc::PACKET_IGNORE_OUTGOING, 1)?;
        let slot = (BEFORE + longest + AFTER).next_multiple_of(16);
        let block = if slot > BLOCK / 4 { LARGE_BLOCK } else { BLOCK };
        let room = room.max(block) / block * block;
        let slots = room / block * (block / slot);
        ask_for_ring(&socket, [block, room / block], [slot, slots])?;
        let map = share(&socket, room)?;
        let ring = Self {
            socket,
            map,
            room,
            slot,
            block,
            slots,
            next: 0,
            fetched: Vec::with_capacity(slots),
            lengths,
        };
        ring.deafen()?;
        bind(&ring.socket, port, libc::ETH_P_ALL as u16)?;
        Ok(ring)
    }

    /// Takes what arrives from now on.
    pub(crate) fn hear(&self) -> io::Result<()> {
        let Some(lengths) = &self.lengths else {
            let socket = self.socket.as_fd();
            return set_option(socket, libc::SOL_SOCKET, libc::SO_DETACH_FILTER, 0);
        };
        let compare = libc::BPF_JMP | libc::BPF_K;
        let length = libc::BPF_LD | libc::BPF_W | libc::BPF_LEN;
        self.filter(&mut [
            instruction(length, 0, 0, 0),
            // Too short or too long: on to the last instruction.
            instruction(compare | libc::BPF_JGE, *lengths.start(), 0, 2),
            instruction(compare | libc::BPF_JGT, *lengths.end(), 1, 0),
            instruction(libc::BPF_RET | libc::BPF_K, u32::MAX, 0, 0),
            instruction(libc::BPF_RET | libc::BPF_K, 0, 0, 0),
        ])
    }

    /// Takes nothing more that arrives. What is in its slots stays there.
    pub(crate) fn deafen(&self) -> io::Result<()> {
        // 0 bytes of each packet, which is to leave it.
        self.filter(&mut [instruction(libc::BPF_RET | libc::BPF_K, 0, 0, 0)])
    }

    /// Takes what a program says, in the language of bpf(4).
    fn filter(&self, program: &mut [libc::sock_filter]) -> io::Result<()> {
        let filter = libc::sock_fprog {
            len: program.len() as u16,
            filter: program.as_mut_ptr(),
        };
        // SAFETY: the pointer and the size describe `filter`, which points to so many instructions; all outlive the call.
        let result = unsafe {
            libc::setsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ATTACH_FILTER,
                (&raw const filter).cast(),
                size_of_val(&filter) as libc::socklen_t,
            )
        };
        told(result)
    }

    /// Whether a frame waits.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_filled(self.next)
    }

    /// Takes what waits, but no more than `most` frames; returns how many are at hand until [`give_back`](Self::give_back).
    /// One that was too long for its slot is empty.
    pub(crate) fn fetch(&mut self, most: usize) -> usize {
        let most = most.min(self.slots);
        while self.fetched.len() < most {
            let slot = (self.next + self.fetched.len()) % self.slots;
            if !self.is_filled(slot) {
                break;
            }
            let span = self.whole_frame(slot);
            self.fetched.push(span);
        }
        self.fetched.len()
    }

    /// When a frame that is at hand arrived: later ones later, unless somebody has set the clock.
    pub(crate) fn arrived(&self, nth: usize) -> Option<u64> {
        self.fetched.get(nth).map(|span| span.at)
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// A frame, behind its header.
    pub(crate) fn frame(&self, nth: usize) -> &[u8] {
        let span = self.fetched[nth];
        // SAFETY: the span lies within a slot, which is ours until it is given back; nobody writes to it meanwhile.
        unsafe { std::slice::from_raw_parts(self.map.as_ptr().add(span.start), span.length) }
    }

    /// A frame behind its header, with the room to its slot's end; how long both are.
    pub(crate) fn frame_mut(&mut self, nth: usize) -> (&mut [u8], usize) {
        let span = self.fetched[nth];
        let room = span.end - span.start;
        // SAFETY: as above, and the ring is borrowed as a whole.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(self.map.as_ptr().add(span.start), room) };
        (bytes, span.length)
    }

    /// How long a frame has become, its header included.
    pub(crate) fn set_length(&mut self, nth: usize, length: usize) {
        let span = &mut self.fetched[nth];
        span.length = length.min(span.end - span.start);
    }

    /// Hands the slots of the first so many frames back to the kernel.
    pub(crate) fn give_back(&mut self, count: usize) {
        for _ in self.fetched.drain(..count) {
            let offset = offset(self.slot, self.block, self.next);
            status(self.map, offset).store(libc::TP_STATUS_KERNEL, Ordering::Release);
            self.next = (self.next + 1) % self.slots;
        }
    }

    /// How many frames found no slot since this was asked last.
    pub(crate) fn overrun(&self) -> u64 {
        let mut statistics = libc::tpacket_stats {
            tp_packets: 0,
            tp_drops: 0,
        };
        let mut size = size_of::<libc::tpacket_stats>() as libc::socklen_t;
        // SAFETY: the pointers are to a structure of this size and to its size, and both outlive the call.
        let result = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut statistics).cast(),
                &raw mut size,
            )
        };
        if result == 0 {
            u64::from(statistics.tp_drops)
        } else {
            0
        }
    }

    /// Forgets that the port went down: until then, waiting for it ends at once.
    pub(crate) fn forgive(&self) {
        let socket = socket2::SockRef::from(&self.socket);
        drop(socket.take_error());
    }

    fn is_filled(&self, slot: usize) -> bool {
        let offset = offset(self.slot, self.block, slot);
        status(self.map, offset).load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    /// Where the frame of a filled slot lies, once its tag is back in its place: the kernel keeps that apart.
    fn whole_frame(&mut self, slot: usize) -> Span {
        let offset = offset(self.slot, self.block, slot);
        // SAFETY: a filled slot begins with this header, and is ours until it is given back.
        let header: libc::tpacket2_hdr =
            unsafe { ptr::read(self.map.as_ptr().add(offset).cast::<libc::tpacket2_hdr>()) };
        let mut start = offset + usize::from(header.tp_mac) - HEAD;
        let end = offset + self.slot;
        let at = u64::from(header.tp_sec) * 1_000_000_000 + u64::from(header.tp_nsec);
        if header.tp_len != header.tp_snaplen {
            return Span {
                start,
                length: 0,
                end,
                at,
            };
        }
        let mut length = HEAD + header.tp_snaplen as usize;
        if header.tp_status & libc::TP_STATUS_VLAN_VALID != 0 {
            start -= TAG;
            // SAFETY: the tag fits before the frame, where the kernel left room and wrote the sender's address at most, which nobody
            // reads; all of it lies in the slot.
            let bytes = unsafe {
                std::slice::from_raw_parts_mut(self.map.as_ptr().add(start), TAG + length)
            };
            insert_tag(bytes, header.tp_vlan_tpid, header.tp_vlan_tci);
            length += TAG;
        }
        Span {
            start,
            length,
            end,
            at,
        }
    }
}

/// Where a slot begins in the map.
fn offset(size: usize, block: usize, slot: usize) -> usize {
    let in_block = block / size;
    slot / in_block * block + slot % in_block * size
}

/// The status of the slot that begins there. Both sides use it as an atomic.
fn status<'m>(map: NonNull<u8>, offset: usize) -> &'m AtomicU32 {
    // SAFETY: a slot begins with its status, is aligned to 16 bytes, and lives as long as the map, which the callers hold.
    unsafe { AtomicU32::from_ptr(map.as_ptr().add(offset).cast()) }
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}

/// Moves header and addresses to the front, where there is room, and puts the tag behind them.
fn insert_tag(bytes: &mut [u8], kind: u16, tag: u16) {
    bytes.copy_within(TAG..TAG + HEAD + ADDRESSES, 0);
    let kind = if kind == 0 {
        libc::ETH_P_8021Q as u16
    } else {
        kind
    };
    bytes[HEAD + ADDRESSES..][..2].copy_from_slice(&kind.to_be_bytes());
    bytes[HEAD + ADDRESSES + 2..][..2].copy_from_slice(&tag.to_be_bytes());
    // Lengths of headers and where the checksum begins are told from the frame's beginning.
    for at in [2, 6] {
        let told = u16::from_ne_bytes([bytes[at], bytes[at + 1]]);
        if told != 0 {
            bytes[at..at + 2].copy_from_slice(&(told + TAG as u16).to_ne_bytes());
        }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: this was mapped with this length, and nobody has a part of it any more.
        unsafe { libc::munmap(self.map.as_ptr().cast(), self.room) };
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_stands_behind_the_addresses_and_moves_what_is_told_from_the_front() {
        // Room, a header with lengths at 2 and where the checksum begins at 6, twelve bytes of addresses, the rest.
        let mut bytes = vec![0xee; TAG];
        bytes.extend([1, 0]);
        bytes.extend(
            [54_u16, 0, 34, 6]
                .iter()
                .flat_map(|word| word.to_ne_bytes()),
        );
        bytes.extend((1..=12).chain([8, 0, 0x45]));
        insert_tag(&mut bytes, 0, 0x2007);
        let mut tagged = vec![1, 0];
        tagged.extend(
            [58_u16, 0, 38, 6]
                .iter()
                .flat_map(|word| word.to_ne_bytes()),
        );
        tagged.extend((1..=12).chain([0x81, 0, 0x20, 7, 8, 0, 0x45]));
        assert_eq!(bytes, tagged);
    }

    #[test]
    fn slots_never_share_a_byte_and_stay_in_their_block() {
        let (size, block) = (65_760, LARGE_BLOCK);
        let begins: Vec<usize> = (0..60).map(|slot| offset(size, block, slot)).collect();
        assert!(begins.windows(2).all(|pair| pair[0] + size <= pair[1]));
        assert!(
            begins
                .iter()
                .all(|at| at / block == (at + size - 1) / block)
        );
    }
}
