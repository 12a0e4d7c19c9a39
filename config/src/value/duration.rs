//! Spans of time: `"30s"`, `"5m"`, `"1h 30m"`; for `#[serde(with = "duration")]`.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_duration(*value))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(text.trim())
        .map_err(|_| D::Error::custom(format!("`{text}` is not a span of time such as \"30s\", \"5m\" or \"1h 30m\"")))
}
