//! The kernel's answers as they lie in the receive buffer: messages, errors, and the sentences in them.
//!
//! See [netlink(7)](https://man7.org/linux/man-pages/man7/netlink.7.html) and
//! [netlink.h](https://docs.kernel.org/userspace-api/netlink/intro.html).

use std::io;

use rtnetlink::packet_core::{NetlinkMessage, NetlinkPayload};
use rtnetlink::packet_route::RouteNetlinkMessage;

use crate::error::Error;

const HEADER: usize = 16;
pub(super) const NLMSG_ERROR: u16 = 2;
pub(super) const NLMSG_DONE: u16 = 3;
pub(super) const NLM_F_DUMP_INTR: u16 = 0x10;
const NLM_F_ACK_TLVS: u16 = 0x200;
const NLM_F_CAPPED: u16 = 0x100;
const NLMSGERR_ATTR_MSG: u16 = 1;

/// The kernel's refusal of a request.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) errno: i32,
    pub(crate) sentence: Option<String>,
}

impl Refusal {
    /// A system call that failed on the way.
    pub(crate) fn of(cause: io::Error) -> Self {
        Self {
            errno: cause.raw_os_error().unwrap_or(libc::EIO),
            sentence: None,
        }
    }

    /// An answer that could not be read.
    pub(super) fn damaged(sentence: String) -> Self {
        Self {
            errno: libc::EBADMSG,
            sentence: Some(sentence),
        }
    }

    pub(crate) fn during(self, what: &str) -> Error {
        let error = Error::kernel(what, io::Error::from_raw_os_error(self.errno));
        match self.sentence {
            Some(sentence) => error.because(&sentence),
            None => error,
        }
    }
}

/// One message as it lies in the receive buffer.
pub(super) struct Received<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    bytes: &'a [u8],
}

impl Received<'_> {
    /// What stands behind the header.
    pub(super) fn body(&self) -> &[u8] {
        self.bytes.get(HEADER..).unwrap_or_default()
    }

    pub(super) fn decode(&self) -> Result<RouteNetlinkMessage, String> {
        let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(self.bytes)
            .map_err(|e| format!("the kernel's answer could not be read: {e}"))?;
        match message.payload {
            NetlinkPayload::InnerMessage(message) => Ok(message),
            other => Err(format!("the kernel's answer was not expected: {other:?}")),
        }
    }

    /// What an `NLMSG_ERROR` says: `None` for an acknowledgement.
    pub(super) fn error(&self) -> Result<Option<Refusal>, String> {
        let short = || "the kernel's error message is truncated".to_owned();
        let code = i32::from_ne_bytes(array(self.bytes, HEADER).ok_or_else(short)?);
        if code == 0 {
            return Ok(None);
        }
        Ok(Some(Refusal {
            errno: code.wrapping_neg(),
            sentence: self.sentence(),
        }))
    }

    /// The extended acknowledgement's text. It stands behind the echo of the request, of which only the header is kept.
    fn sentence(&self) -> Option<String> {
        if self.flags & NLM_F_ACK_TLVS == 0 {
            return None;
        }
        let echoed = match self.flags & NLM_F_CAPPED {
            0 => u32::from_ne_bytes(array(self.bytes, HEADER + 4)?) as usize,
            _ => HEADER,
        };
        // A length that is none must not wrap where addresses have 32 bits.
        let behind = echoed
            .checked_next_multiple_of(4)?
            .checked_add(HEADER + 4)?;
        let mut rest = self.bytes.get(behind..)?;
        while rest.len() >= 4 {
            let length = usize::from(u16::from_ne_bytes(array(rest, 0)?));
            let kind = u16::from_ne_bytes(array(rest, 2)?);
            let value = rest.get(4..length)?;
            if kind == NLMSGERR_ATTR_MSG {
                let text = value.strip_suffix(&[0]).unwrap_or(value);
                return Some(
                    String::from_utf8_lossy(text)
                        .trim_end_matches('.')
                        .to_owned(),
                );
            }
            rest = rest.get(length.next_multiple_of(4)..)?;
        }
        None
    }
}

/// Splits a datagram into its messages.
pub(super) fn messages(mut rest: &[u8]) -> impl Iterator<Item = Result<Received<'_>, String>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let message = split(rest);
        rest = match &message {
            Some(message) => rest
                .get(message.bytes.len().next_multiple_of(4)..)
                .unwrap_or_default(),
            None => &[],
        };
        Some(message.ok_or_else(|| "the kernel's answer is truncated".to_owned()))
    })
}

fn split(bytes: &[u8]) -> Option<Received<'_>> {
    let length = u32::from_ne_bytes(array(bytes, 0)?) as usize;
    if length < HEADER {
        return None;
    }
    Some(Received {
        kind: u16::from_ne_bytes(array(bytes, 4)?),
        flags: u16::from_ne_bytes(array(bytes, 6)?),
        sequence: u32::from_ne_bytes(array(bytes, 8)?),
        bytes: bytes.get(..length)?,
    })
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An `NLMSG_ERROR` for request 7: errno, the request's header, and one attribute.
    fn refusal(errno: i32, attribute: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend((36 + attribute.len() as u32).to_ne_bytes());
        bytes.extend(NLMSG_ERROR.to_ne_bytes());
        bytes.extend((NLM_F_ACK_TLVS | NLM_F_CAPPED).to_ne_bytes());
        bytes.extend(7_u32.to_ne_bytes());
        bytes.extend(0_u32.to_ne_bytes());
        bytes.extend((-errno).to_ne_bytes());
        bytes.extend([0; HEADER]);
        bytes.extend(attribute);
        bytes
    }

    #[test]
    fn the_kernels_sentence_is_part_of_the_error() {
        let bytes = refusal(95, b"\x18\0\x01\0Unknown device type\0");
        let message = messages(&bytes).next().unwrap().unwrap();
        let error = message
            .error()
            .unwrap()
            .unwrap()
            .during("create bridge `br0`");
        assert_eq!(
            error.to_string(),
            "failed to create bridge `br0`: Operation not supported (Unknown device type)"
        );
        assert_eq!((message.sequence, error.raw_os_error()), (7, Some(95)));
    }

    #[test]
    fn truncated_answers_are_errors_and_never_panic() {
        let whole = refusal(17, b"\x08\0\x01\0abc\0");
        for length in 1..whole.len() {
            assert!(
                messages(&whole[..length]).next().unwrap().is_err(),
                "{length} bytes"
            );
        }
        let attribute_too_long = refusal(17, b"\xff\0\x01\0abc\0");
        let message = messages(&attribute_too_long).next().unwrap().unwrap();
        assert_eq!(message.error().unwrap().unwrap().sentence, None);
    }

    proptest! {
        /// Each message ends where it says, none is read twice, and nothing is read for ever.
        #[test]
        fn any_datagram_is_read_to_its_end(
            noise in proptest::collection::vec(any::<u8>(), 0..64),
            lengths in proptest::collection::vec(prop_oneof![0_u32..80, any::<u32>()], 0..6),
            flags: u16,
            echoed: u32,
        ) {
            let mut bytes = Vec::new();
            for length in lengths {
                let start = bytes.len();
                bytes.extend(refusal(17, &noise));
                bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes());
                bytes[start + 6..start + 8].copy_from_slice(&flags.to_ne_bytes());
                bytes[start + 20..start + 24].copy_from_slice(&echoed.to_ne_bytes());
            }
            bytes.extend(noise);
            let mut read = 0;
            for message in messages(&bytes) {
                read += 1;
                let Ok(message) = message else { continue };
                if let Ok(Some(refusal)) = message.error() {
                    drop(refusal.during("do it").to_string());
                }
                drop(message.decode());
            }
            prop_assert!(read <= bytes.len() / HEADER + 1);
        }
    }
}
