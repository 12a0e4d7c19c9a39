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

    proptest! {
        #[test]
        fn no_delay_overflows_or_shrinks(failures in 0..u32::MAX) {
            let backoff = Backoff { first: Duration::from_millis(1), longest: Duration::from_secs(10) };
            prop_assert!(backoff.after(failures) <= backoff.after(failures + 1));
            prop_assert!(backoff.after(failures) <= backoff.longest);
        }
    }
}
