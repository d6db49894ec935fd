//! Packet sockets, and the memory that they share.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};

use crate::sys::limits::{self, Room};
use crate::sys::process::duplicate_above;

/// A packet socket that hears nothing until it is bound to a protocol.
pub(super) fn packet_socket() -> io::Result<OwnedFd> {
    // Six for each wire are more than many a test has. If there is no room, the kernel says what it lacks.
    let room = limits::make_room(1).ok();
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: the call takes no pointers.
    let fd = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    let floor = room.as_ref().and_then(Room::floor);
    let moved = floor.and_then(|floor| duplicate_above(floor, &socket).ok());
    Ok(moved.unwrap_or(socket))
}

/// Asks for a ring: the size and the number of its blocks, and of its slots.
pub(super) fn ask_for_ring(
    socket: &OwnedFd,
    blocks: [usize; 2],
    slots: [usize; 2],
) -> io::Result<()> {
    let request = libc::tpacket_req {
        tp_block_size: blocks[0] as u32,
        tp_block_nr: blocks[1] as u32,
        tp_frame_size: slots[0] as u32,
        tp_frame_nr: slots[1] as u32,
    };
    // SAFETY: the pointer and the size describe `request`, which outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_RX_RING,
            (&raw const request).cast(),
            size_of_val(&request) as libc::socklen_t,
        )
    };
    told(result)
}

/// What a call that answers 0 or -1 has to say.
pub(super) fn told(result: i32) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Maps a socket's ring into memory.
pub(super) fn share(socket: &OwnedFd, room: usize) -> io::Result<NonNull<u8>> {
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the kernel chooses the place; the ring has this length.
    let map = unsafe {
        libc::mmap(
            ptr::null_mut(),
            room,
            rights,
            libc::MAP_SHARED,
            socket.as_raw_fd(),
            0,
        )
    };
    if map == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(map.cast()).ok_or_else(|| io::Error::other("the kernel mapped nothing"))
}

pub(super) fn bind(socket: &OwnedFd, port: u32, protocol: u16) -> io::Result<()> {
    // SAFETY: an address of zeros is one.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = protocol.to_be();
    address.sll_ifindex = port as i32;
    // SAFETY: the pointer and the size describe `address`, which outlives the call.
    let result = unsafe {
        libc::bind(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            size_of_val(&address) as libc::socklen_t,
        )
    };
    told(result)
}
