//! One request of a ping, and when the next one follows if nobody said when.

use std::time::{Duration, Instant};

use super::answer::PingAnswer;

/// How long the next request waits for the reply to the one before.
const PACE: Duration = Duration::from_millis(10);

/// One request.
#[derive(Default)]
pub(super) struct Request {
    pub(super) sent: Option<Instant>,
    pub(super) answer: Option<PingAnswer>,
}

impl Request {
    /// When the next one is due: there is nothing to wait for after a reply.
    pub(super) fn followed(&self) -> Instant {
        let sent = self.sent.unwrap_or_else(Instant::now);
        match &self.answer {
            Some(answer) if answer.is_reply() => sent,
            _ => sent + PACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_waits_for_the_one_before_only_until_it_was_replied_to() {
        let sent = Instant::now();
        let request = |answer| Request {
            sent: Some(sent),
            answer,
        };
        let reply = PingAnswer::Reply {
            sequence: 1,
            bytes: 64,
            ttl: 64,
            time: Duration::from_micros(20),
            from: [10, 0, 0, 2].into(),
        };
        let refused = PingAnswer::NotSent {
            sequence: 1,
            error: "sendmsg: Network is unreachable".to_owned(),
        };
        assert_eq!(request(Some(reply)).followed(), sent);
        assert_eq!(request(Some(refused)).followed(), sent + PACE);
        assert_eq!(request(None).followed(), sent + PACE);
    }
}
