//! The connection to the daemon, as the console shows it.

use chrono::{DateTime, TimeDelta, Utc};

/// The daemon sends an overview every second: after this silence what is shown is called old.
const STALE_AFTER: TimeDelta = TimeDelta::seconds(3);

/// Where the connection stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LinkStatus {
    /// The first or next try runs.
    #[default]
    Connecting,
    /// Frames come.
    Connected,
    /// Down, with why and when the next try is.
    Disconnected {
        /// What went wrong, and what to do.
        reason: String,
        /// When the next try is.
        retry_at: DateTime<Utc>,
    },
}

/// The connection and how fresh its data is.
#[derive(Debug, Clone, Default)]
pub struct Link {
    /// Where it stands.
    pub status: LinkStatus,
    /// When the last frame came.
    pub last_frame_at: Option<DateTime<Utc>>,
    /// Why the last try failed; kept while the next one runs, so that the reason does not flicker.
    pub last_reason: Option<String>,
}

impl Link {
    /// A try begins.
    pub fn connecting(&mut self) {
        self.status = LinkStatus::Connecting;
    }

    /// The daemon answered.
    pub fn connected(&mut self) {
        self.status = LinkStatus::Connected;
        self.last_reason = None;
    }

    /// The connection or the try to get one failed.
    pub fn disconnected(&mut self, reason: String, retry_at: DateTime<Utc>) {
        self.last_reason = Some(reason.clone());
        self.status = LinkStatus::Disconnected { reason, retry_at };
    }

    /// How old what is shown is, if it is not fresh.
    #[must_use]
    pub fn staleness(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let age = now - self.last_frame_at?;
        let stale = age >= STALE_AFTER || self.status != LinkStatus::Connected;
        stale.then(|| age.max(TimeDelta::zero()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    #[test]
    fn data_is_stale_after_a_silence_or_at_once_when_the_connection_is_down() {
        let mut link = Link::default();
        assert_eq!(link.staleness(at(0)), None, "nothing is shown yet");
        link.connected();
        link.last_frame_at = Some(at(0));
        assert_eq!(link.staleness(at(2)), None);
        assert_eq!(link.staleness(at(4)), Some(TimeDelta::seconds(4)));
        link.disconnected("connection refused".into(), at(5));
        assert_eq!(link.staleness(at(1)), Some(TimeDelta::seconds(1)));
        link.connecting();
        assert_eq!(link.last_reason.as_deref(), Some("connection refused"));
        link.connected();
        assert_eq!(link.last_reason, None);
    }
}
