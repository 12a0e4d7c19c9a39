//! Pages a minute over time, from the daemon's running total of pages.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

/// The seconds that one point of the history covers.
pub const BUCKET_SECONDS: u32 = 10;

/// One hour of history.
const KEPT: i64 = 360;
/// After a longer silence than this nobody can say when the pages in between were read.
const LONGEST_GAP: TimeDelta = TimeDelta::seconds(10);
/// The current rate is taken over this time, and not said before the shorter one is known.
const RATE_OVER: TimeDelta = TimeDelta::minutes(1);
const RATE_NEEDS: TimeDelta = TimeDelta::seconds(5);
const BUCKETS_PER_MINUTE: u64 = 60 / BUCKET_SECONDS as u64;

/// The history of the throughput.
#[derive(Debug, Clone, Default)]
pub struct Throughput {
    /// Pages in each bucket, oldest first; none where nothing was heard.
    buckets: VecDeque<Option<u64>>,
    /// The samples of the last minute, oldest first, without a gap.
    recent: VecDeque<Sample>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    time: DateTime<Utc>,
    daemon_started_at: DateTime<Utc>,
    pages: u64,
}

impl Sample {
    fn bucket(&self) -> i64 {
        self.time.timestamp().div_euclid(i64::from(BUCKET_SECONDS))
    }

    /// Whether what was read since `before` was read by the same daemon and just now.
    fn continues(&self, before: &Self) -> bool {
        self.time - before.time <= LONGEST_GAP
            && self.daemon_started_at == before.daemon_started_at
            && self.pages >= before.pages
    }
}

impl Throughput {
    /// Takes in the running total `pages` of a daemon at a time of its clock.
    pub fn record(&mut self, time: DateTime<Utc>, daemon_started_at: DateTime<Utc>, pages: u64) {
        let sample = Sample { time, daemon_started_at, pages };
        match self.recent.back().copied() {
            Some(last) if last.time <= time => {
                let continuous = sample.continues(&last);
                self.advance(sample.bucket() - last.bucket(), continuous);
                if !continuous {
                    self.recent.clear();
                } else if let Some(Some(bucket)) = self.buckets.back_mut() {
                    *bucket += pages - last.pages;
                }
            }
            // The first sample, or a clock that was set back: begin anew.
            _ => {
                self.recent.clear();
                self.buckets = VecDeque::from([Some(0)]);
            }
        }
        self.recent.push_back(sample);
        while self.recent.front().is_some_and(|oldest| time - oldest.time > RATE_OVER) {
            self.recent.pop_front();
        }
    }

    /// Pages a minute in each bucket, oldest first; none where nothing was heard.
    #[must_use]
    pub fn history(&self) -> impl DoubleEndedIterator<Item = Option<u64>> + ExactSizeIterator {
        self.buckets.iter().map(|bucket| bucket.map(|pages| pages.saturating_mul(BUCKETS_PER_MINUTE)))
    }

    /// Pages a minute over the last minute, or as much of it as is known; none before five seconds are.
    #[must_use]
    pub fn rate(&self) -> Option<u64> {
        let (first, last) = (self.recent.front()?, self.recent.back()?);
        let over = last.time - first.time;
        let ms = u64::try_from(over.num_milliseconds()).ok()?;
        (over >= RATE_NEEDS).then(|| (last.pages - first.pages).saturating_mul(60_000).saturating_add(ms / 2) / ms)
    }

    /// The best of the history, in pages a minute.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.history().flatten().max().unwrap_or_default()
    }

    fn advance(&mut self, steps: i64, continuous: bool) {
        for left in (0..steps.min(KEPT)).rev() {
            self.buckets.push_back((continuous || left == 0).then_some(0));
        }
        while self.buckets.len() as u64 > KEPT.unsigned_abs() {
            self.buckets.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    #[test]
    fn one_page_a_second_is_sixty_a_minute() {
        let mut throughput = Throughput::default();
        for second in 0..=90 {
            throughput.record(at(second), at(0), 1_000 + u64::try_from(second).unwrap());
        }
        assert_eq!(throughput.rate(), Some(60));
        assert_eq!(throughput.peak(), 60);
        assert_eq!(throughput.history().len(), 10);
    }

    #[test]
    fn nothing_is_said_before_there_is_something_to_say() {
        let mut throughput = Throughput::default();
        assert_eq!(throughput.rate(), None);
        throughput.record(at(0), at(0), 500);
        throughput.record(at(1), at(0), 501);
        assert_eq!(throughput.rate(), None);
    }

    #[test]
    fn a_silence_is_a_gap_and_not_a_peak() {
        let mut throughput = Throughput::default();
        throughput.record(at(0), at(0), 0);
        throughput.record(at(60), at(0), 600);
        assert_eq!(throughput.peak(), 0);
        let gap = throughput.history().filter(Option::is_none).count();
        assert_eq!(gap, 5);
    }

    #[test]
    fn a_new_daemon_starts_from_its_own_total() {
        let mut throughput = Throughput::default();
        throughput.record(at(0), at(0), 5_000);
        throughput.record(at(1), at(1), 3);
        throughput.record(at(2), at(1), 4);
        assert_eq!(throughput.history().flatten().sum::<u64>(), 6);
    }

    proptest! {
        #[test]
        fn whatever_is_recorded_the_history_is_bounded(samples in prop::collection::vec((any::<i32>(), any::<u32>()), 0..50)) {
            let mut throughput = Throughput::default();
            for (second, pages) in samples {
                throughput.record(at(second.into()), at(0), pages.into());
                let _ = throughput.rate();
                prop_assert!(throughput.history().len() <= 360);
            }
        }
    }
}
