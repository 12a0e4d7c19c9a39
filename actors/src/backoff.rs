//! How long to wait before something that failed is tried again.

use std::time::Duration;

/// Delays that double from `first` to `longest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    /// The delay after the first failure.
    pub(crate) first: Duration,
    /// No delay is longer.
    pub(crate) longest: Duration,
}

impl Backoff {
    /// The delay after `failures` failures in a row; none after none.
    pub(crate) fn after(self, failures: u32) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
        self.first.saturating_mul(2_u32.saturating_pow(doublings)).min(self.longest)
    }

    /// Any delay up to that after so many failures: what failed together is not tried again together ("full jitter").
    pub(crate) fn jittered(self, failures: u32) -> Duration {
        let most = u64::try_from(self.after(failures).as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(fastrand::u64(..=most))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(1) };
        let delays: Vec<_> = (0..7).map(|failures| backoff.after(failures).as_millis()).collect();
        assert_eq!(delays, [0, 100, 200, 400, 800, 1000, 1000]);
    }

    #[test]
    fn jitter_spreads_over_the_whole_delay() {
        let backoff = Backoff { first: Duration::from_secs(8), longest: Duration::from_secs(60) };
        let delays: Vec<_> = (0..1000).map(|_| backoff.jittered(1).as_secs()).collect();
        for second in 0..8 {
            let share = delays.iter().filter(|delay| **delay == second).count();
            assert!((50..250).contains(&share), "{share} of 1000 in second {second}");
        }
    }

    proptest! {
        #[test]
        fn no_delay_overflows_or_shrinks(failures in 0..u32::MAX) {
            let backoff = Backoff { first: Duration::from_millis(1), longest: Duration::from_secs(10) };
            prop_assert!(backoff.after(failures) <= backoff.after(failures + 1));
            prop_assert!(backoff.after(failures) <= backoff.longest);
            prop_assert!(backoff.jittered(failures) <= backoff.after(failures));
        }
    }
}
