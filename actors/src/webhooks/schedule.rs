//! When a message is sent again that was not taken.

use std::time::Duration;

/// The waits after the first failures; the last one goes for all that follow.
const WAITS: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(3),
    Duration::from_hours(6),
    LONGEST,
];
/// However long a receiver wants to be left alone: no longer.
const LONGEST: Duration = Duration::from_hours(12);
/// How much of a wait is left to chance, so that messages that failed together are not sent together again.
const SPREAD: f64 = 0.2;

/// How long to wait after `failures` failures, when the receiver wanted to be left alone for `asked`. `chance` is from 0
/// to 1.
pub(super) fn wait(failures: u32, asked: Option<Duration>, chance: f64) -> Duration {
    let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let usual = WAITS.get(place).copied().unwrap_or(LONGEST).mul_f64(1.0 + SPREAD * (chance - 0.5));
    usual.max(asked.unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_grow_and_are_bounded() {
        let waits: Vec<_> = (1..=10).map(|failures| wait(failures, None, 0.5).as_secs()).collect();
        assert_eq!(waits, [5, 30, 120, 600, 3600, 10_800, 21_600, 43_200, 43_200, 43_200]);
        assert_eq!(wait(u32::MAX, None, 0.5), LONGEST);
    }

    #[test]
    fn the_wish_of_the_receiver_counts_within_bounds() {
        assert_eq!(wait(1, Some(Duration::from_secs(60)), 0.5), Duration::from_secs(60));
        assert_eq!(wait(1, Some(Duration::from_secs(1)), 0.5), Duration::from_secs(5), "it is not to be flooded");
        assert_eq!(wait(1, Some(Duration::MAX), 0.5), LONGEST);
    }

    proptest! {
        #[test]
        fn chance_changes_little(failures in 1..20_u32, chance in 0.0..1.0) {
            let (usual, wait) = (wait(failures, None, 0.5), wait(failures, None, chance));
            prop_assert!(wait >= usual.mul_f64(0.89) && wait <= usual.mul_f64(1.11));
        }
    }
}
