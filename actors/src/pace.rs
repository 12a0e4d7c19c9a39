//! How fast tasks end, and so when it is worth asking for a place in a full queue again: pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many ends are remembered.
const ENDS: usize = 32;
/// Nobody is told to come again sooner,
const SOONEST: Duration = Duration::from_secs(1);
/// nor later: another may have left its place by then.
const LATEST: Duration = Duration::from_mins(2);

/// When the last tasks ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace(VecDeque<Instant>);

impl Pace {
    /// A task has ended, and leaves its place.
    pub(crate) fn ended(&mut self, now: Instant) {
        self.0.push_back(now);
        if self.0.len() > ENDS {
            self.0.pop_front();
        }
    }

    /// After what time the next place is free, in whole seconds, as far as the last ends tell; `None` if there were none.
    pub(crate) fn next_place(&self, now: Instant) -> Option<Duration> {
        let since = now.saturating_duration_since(*self.0.front()?);
        let interval = since / u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let seconds = Duration::from_secs(interval.as_secs() + u64::from(interval.subsec_nanos() > 0));
        Some(seconds.clamp(SOONEST, LATEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_after(ends_ms: impl Iterator<Item = u64>, asked_ms: u64) -> Option<u64> {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for end in ends_ms {
            pace.ended(start + Duration::from_millis(end));
        }
        pace.next_place(start + Duration::from_millis(asked_ms)).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_next_place_comes_at_the_pace_of_the_last_ones() {
        assert_eq!(next_after([].into_iter(), 0), None);
        assert_eq!(next_after((0..1000).map(|end| 10 * end), 10_000), Some(1), "a hundred a second");
        assert_eq!(next_after((0..10).map(|end| 7_000 * end), 70_000), Some(7));
        assert_eq!(next_after((0..1000).map(|end| 10 * end), 500_000), Some(16), "it has become slow since");
        assert_eq!(next_after([0].into_iter(), 86_400_000), Some(120));
    }
}
