//! Small files and the texts in them, without allocating: system calls only, for what runs before `main`.
#![allow(unsafe_code, reason = "system calls before main")]

use std::ffi::{CStr, c_int};

/// Writes a whole file, which has to be there.
pub(crate) fn write_file(path: &CStr, content: &[u8]) -> Result<(), c_int> {
    // SAFETY: the path is a valid string, the pointer and length describe `content`, the descriptor is our own.
    unsafe {
        let fd = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if fd < 0 {
            return Err(errno());
        }
        let written = libc::write(fd, content.as_ptr().cast(), content.len());
        let result = if written == content.len() as isize {
            Ok(())
        } else {
            Err(errno())
        };
        libc::close(fd);
        result
    }
}

/// The number in a file, if it can be read.
pub(crate) fn read_number(path: &CStr) -> Option<u32> {
    let mut buffer = [0_u8; 32];
    let length = read_file(path, &mut buffer);
    (length > 0).then(|| number(&buffer[..length]).0)
}

/// Reads the beginning of a file; nothing if it cannot be read.
pub(crate) fn read_file(path: &CStr, buffer: &mut [u8]) -> usize {
    // SAFETY: the path is a valid string, the pointer and length describe `buffer`, the descriptor is our own.
    unsafe {
        let fd = libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        let length = libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len());
        libc::close(fd);
        usize::try_from(length).unwrap_or(0)
    }
}

/// The number of this thread's last error.
pub(crate) fn errno() -> c_int {
    // SAFETY: errno is this thread's own.
    unsafe { *libc::__errno_location() }
}

/// A short text that is put together without allocating. What does not fit is cut off, and the kernel refuses it.
pub(crate) struct Text {
    bytes: [u8; 1024],
    length: usize,
}

impl Text {
    const EMPTY: Self = Self {
        bytes: [0; 1024],
        length: 0,
    };

    /// The map in which one id stands for itself: `ID ID 1`.
    pub(crate) fn own(id: u32) -> Self {
        let mut text = Self::EMPTY;
        text.push_extent(id, 1);
        text
    }

    /// The map in which every id that exists here stands for itself.
    pub(crate) fn identity_of(map: &CStr) -> Self {
        let mut text = Self::EMPTY;
        let mut buffer = [0_u8; 1024];
        let length = read_file(map, &mut buffer);
        for line in buffer[..length]
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let (inside, rest) = number(line);
            let (_outside, rest) = number(rest);
            let (count, _) = number(rest);
            text.push_extent(inside, count);
        }
        text
    }

    /// A file of another process: `/proc/PID/uid_map`.
    pub(crate) fn path(pid: c_int, file: &[u8]) -> Self {
        let mut text = Self::EMPTY;
        text.push(b"/proc/");
        text.push_number(pid as u32);
        text.push(file);
        text.push(b"\0");
        text
    }

    fn push_extent(&mut self, id: u32, count: u32) {
        if self.length > 0 {
            self.push(b"\n");
        }
        self.push_number(id);
        self.push(b" ");
        self.push_number(id);
        self.push(b" ");
        self.push_number(count);
    }

    fn push_number(&mut self, number: u32) {
        let mut digits = [0; 10];
        let mut first = digits.len();
        let mut rest = number;
        loop {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.push(&digits[first..]);
    }

    fn push(&mut self, more: &[u8]) {
        let more = &more[..more.len().min(self.bytes.len() - self.length)];
        self.bytes[self.length..self.length + more.len()].copy_from_slice(more);
        self.length += more.len();
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub(crate) fn string(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

/// The number that a text starts with after blanks, and what follows it.
pub(crate) fn number(text: &[u8]) -> (u32, &[u8]) {
    let text = text.trim_ascii_start();
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    let number = digits.iter().fold(0_u32, |number, byte| {
        number.wrapping_mul(10).wrapping_add(u32::from(byte - b'0'))
    });
    (number, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_and_paths_are_spelled_without_allocating() {
        assert_eq!(Text::own(0).bytes(), b"0 0 1");
        assert_eq!(Text::own(u32::MAX).bytes(), b"4294967295 4294967295 1");
        assert_eq!(Text::path(42, b"/uid_map").string(), c"/proc/42/uid_map");
    }

    #[test]
    fn numbers_are_read_one_after_the_other() {
        let (inside, rest) = number(b"         0     100000      65536");
        let (outside, rest) = number(rest);
        assert_eq!((inside, outside, number(rest).0), (0, 100_000, 65536));
    }

    #[test]
    fn what_does_not_fit_is_cut_off() {
        let mut text = Text::EMPTY;
        for _ in 0..2000 {
            text.push(b"x");
        }
        assert_eq!(text.bytes().len(), 1024);
    }
}
