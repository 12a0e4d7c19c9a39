//! A short message at the foot of the screen that goes away by itself.

use chrono::{DateTime, TimeDelta, Utc};

const SHOWN_FOR: TimeDelta = TimeDelta::seconds(6);

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// It worked.
    Done,
    /// It can't be done now.
    Refused,
    /// It went wrong.
    Failed,
}

/// A message to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub kind: NoticeKind,
    /// What it says.
    pub text: String,
    /// When it goes away.
    pub until: DateTime<Utc>,
}

impl Notice {
    /// A notice that appears now.
    #[must_use]
    pub fn new(kind: NoticeKind, text: impl Into<String>, now: DateTime<Utc>) -> Self {
        Self { kind, text: text.into(), until: now + SHOWN_FOR }
    }
}
