//! How a connection goes: whether a request is under way on it, and since when nothing is.

use std::time::Duration;

use d2d_config::HttpConfig;
use tokio::time::Instant;

/// How long the head of a request may take from its first byte to its last.
const HEAD_WITHIN: Duration = Duration::from_secs(15);

/// How long clients may keep a connection waiting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// How long no request may be under way.
    pub(super) idle: Duration,
    /// How long the head of a request may take.
    pub(super) head: Duration,
    /// How long nothing may be taken of what is sent.
    pub(super) stall: Duration,
}

impl Patience {
    /// As the settings have it.
    pub(crate) fn of(config: &HttpConfig) -> Self {
        Self { idle: config.idle, head: HEAD_WITHIN.min(config.idle), stall: config.stall }
    }
}

/// How a connection goes.
#[derive(Debug)]
pub(super) struct Course {
    /// The requests that are being answered.
    under_way: usize,
    /// When something last went on: it was opened, bytes were sent, a request was answered.
    active: Instant,
    /// When the first bytes came of a request whose head is not here yet.
    head: Option<Instant>,
}

impl Course {
    /// Of a connection that was just opened.
    pub(super) fn new() -> Self {
        Self { under_way: 0, active: Instant::now(), head: None }
    }

    /// Bytes came.
    pub(super) fn came(&mut self) {
        if self.under_way == 0 {
            self.head.get_or_insert_with(Instant::now);
        }
    }

    /// Bytes were taken by the client.
    pub(super) fn taken(&mut self) {
        self.active = Instant::now();
    }

    /// A request came whole, but for its body.
    pub(super) fn begun(&mut self) {
        self.under_way += 1;
        self.head = None;
    }

    /// A request was answered.
    pub(super) fn answered(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
        self.active = Instant::now();
    }

    /// When it is no longer worth keeping; `None` while a request is under way.
    pub(super) fn due(&self, patience: Patience) -> Option<Instant> {
        if self.under_way > 0 {
            return None;
        }
        let idle = self.active + patience.idle;
        Some(self.head.map_or(idle, |head| idle.min(head + patience.head)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { idle: Duration::from_secs(75), head: Duration::from_secs(15), stall: Duration::from_secs(60) };

    #[test]
    fn the_first_byte_of_a_request_sets_the_time_for_its_head() {
        let mut course = Course::new();
        let opened = course.active;
        assert_eq!(course.due(PATIENCE), Some(opened + PATIENCE.idle));
        course.came();
        let first = course.head.unwrap();
        course.came();
        assert_eq!(course.due(PATIENCE), Some(first + PATIENCE.head), "more bytes win no time");
        course.begun();
        assert_eq!(course.due(PATIENCE), None);
    }

    #[test]
    fn time_runs_from_the_last_answer_on() {
        let mut course = Course::new();
        course.begun();
        course.begun();
        course.came();
        course.answered();
        assert_eq!(course.due(PATIENCE), None, "the other one is under way");
        course.answered();
        assert_eq!(course.due(PATIENCE), Some(course.active + PATIENCE.idle), "what came was of its body");
    }
}
