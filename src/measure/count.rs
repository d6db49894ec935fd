//! Numbered datagrams from one host to another, never more at once than sockets and queues hold.

use std::io;
use std::time::Duration;

use crate::measure::tally::Tally;
use crate::sys::arrivals::Arrivals;

/// So many are under way at the most. An ordinary user's socket holds 166 of the smallest at the least.
const WINDOW: u64 = 100;
/// What is late by this much on a quiet link is lost, for the purpose of sending on.
const STALL: Duration = Duration::from_millis(50);
/// Between two datagrams that ask whether all those before them are through.
const MARKS: Duration = Duration::from_millis(5);
/// The number of the first of these, and of one that is sent after a pause.
const MARK: u32 = u32::MAX;
const LAST_MARK: u32 = MARK - 1;
/// A datagram begins with who has sent it, and its number.
pub(super) const HEADER: usize = 12;

/// How one direction is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    /// Tells our datagrams from others.
    pub(super) token: u64,
    pub(super) datagrams: u32,
    /// Bytes of each.
    pub(super) payload: usize,
    /// How many of them queues have room for.
    pub(super) room: Option<u64>,
    /// Whether it is known that none overtakes another.
    pub(super) in_order: bool,
    /// Whether none gets lost, as far as is known.
    pub(super) is_sound: bool,
    /// How long one is under way.
    pub(super) longest: Duration,
    /// How long the queues need for one frame.
    pub(super) sending: Duration,
    /// How long silence lasts before nothing is waited for any more.
    pub(super) patience: Duration,
}

/// Sends, and counts what arrives.
pub(super) fn count(sender: &Arrivals, receiver: &Arrivals, course: &Course) -> io::Result<Tally> {
    let mut counting = Counting {
        sender,
        receiver,
        course,
        message: message(course.token, course.payload),
        buffer: vec![0; course.payload + 1],
        tally: Tally::new(course.datagrams as usize),
        marked: None,
        silences: 0,
    };
    counting.send_all()?;
    counting.hear_out()?;
    Ok(counting.tally)
}

/// A datagram without its number.
pub(super) fn message(token: u64, payload: usize) -> Vec<u8> {
    let mut message = vec![0x55; payload.max(HEADER)];
    message[..8].copy_from_slice(&token.to_be_bytes());
    message
}

/// Sends a datagram. What the kernel refuses at once is as lost as what the link drops: it answers so for what was sent before, too.
pub(super) fn send(sender: &Arrivals, message: &mut [u8], number: u32) {
    message[8..HEADER].copy_from_slice(&number.to_be_bytes());
    drop(sender.socket().send(message));
}

/// The number of a datagram, if it is ours.
pub(super) fn number(datagram: &[u8], token: u64) -> Option<u32> {
    let (own, rest) = datagram.split_first_chunk::<8>()?;
    let number = rest.first_chunk::<4>()?;
    (*own == token.to_be_bytes()).then(|| u32::from_be_bytes(*number))
}

/// How many pauses make that time.
fn pauses(time: Duration, pause: Duration) -> u32 {
    // A float becomes the nearest number that there is.
    time.div_duration_f64(pause).ceil() as u32
}

struct Counting<'a> {
    sender: &'a Arrivals,
    receiver: &'a Arrivals,
    course: &'a Course,
    message: Vec<u8>,
    buffer: Vec<u8>,
    tally: Tally,
    /// The mark that came through last.
    marked: Option<u32>,
    /// How often more was sent because nothing came, since something came.
    silences: u32,
}

impl Counting<'_> {
    fn send_all(&mut self) -> io::Result<()> {
        let window = self.course.room.map_or(WINDOW, |room| room.min(WINDOW)) as usize;
        let queued = self.course.sending * window as u32;
        let stall = STALL + self.course.longest + queued;
        let mut given_up = 0;
        for number in 0..self.course.datagrams {
            let sent = number as usize;
            while sent >= self.over(given_up) + window {
                if self.is_silent(stall)? {
                    given_up = match self.course.in_order {
                        true => sent,
                        false => sent - self.tally.distinct as usize,
                    };
                }
            }
            send(self.sender, &mut self.message, number);
            while self.hear(Duration::ZERO)? {}
        }
        Ok(())
    }

    /// Whether nothing comes for so long. The machine may stand still: as long as what is under way could come yet and would be more than the
    /// socket holds, that is waited for with patience, but once only of a link that lets nothing through.
    fn is_silent(&mut self, stall: Duration) -> io::Result<bool> {
        let are_just_lost = !self.course.in_order && !self.course.is_sound;
        let is_patient = self.silences == u32::from(are_just_lost);
        let pauses = if is_patient {
            pauses(self.course.patience, stall)
        } else {
            1
        };
        for _ in 0..pauses {
            if self.hear(stall)? {
                return Ok(false);
            }
        }
        self.silences += 1;
        Ok(true)
    }

    /// How many are under way no more. Where nothing overtakes, what came later says so of those before.
    fn over(&self, given_up: usize) -> usize {
        match self.course.in_order {
            true => self.tally.next().max(given_up),
            false => self.tally.distinct as usize + given_up,
        }
    }

    /// Waits for those that are still under way: first for a mark that was sent after them, then for those that it has overtaken. These are
    /// ahead of a mark that is sent after that, even if the wire stood still meanwhile.
    fn hear_out(&mut self) -> io::Result<()> {
        self.await_mark(MARK)?;
        while self.hear(STALL + self.course.longest)? {}
        if self.marked.is_some() {
            self.await_mark(LAST_MARK)?;
            while self.hear(Duration::ZERO)? {}
        }
        Ok(())
    }

    /// Sends marks until one arrives, or nothing does. Pauses are counted: one in which the machine stood still is one.
    fn await_mark(&mut self, mark: u32) -> io::Result<()> {
        let pause = MARKS.max(self.course.sending * 2);
        let mut left = pauses(self.course.patience, pause);
        while self.marked != Some(mark) && left > 0 {
            send(self.sender, &mut self.message, mark);
            left = match self.hear(pause)? {
                true => pauses(self.course.patience, pause),
                false => left - 1,
            };
        }
        Ok(())
    }

    /// Takes what has arrived, or arrives in this time. Whether that was something.
    fn hear(&mut self, wait: Duration) -> io::Result<bool> {
        let Some((length, _)) = self.receiver.next(&mut self.buffer, wait)? else {
            return Ok(false);
        };
        self.silences = 0;
        match number(&self.buffer[..length], self.course.token) {
            Some(mark @ (MARK | LAST_MARK)) => self.marked = Some(mark),
            Some(number) => self.tally.add(number as usize),
            None => {}
        }
        Ok(true)
    }
}
