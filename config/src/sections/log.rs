//! `[log]`: what is logged, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`; or by part, as in `info,d2d_actors=debug`.
    pub level: String,
    /// The form of the lines.
    #[schemars(with = "String")]
    pub format: LogFormat,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// The journal if standard error is one, for people if it is a terminal, else JSON.
    #[default]
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
    /// Structured entries of the systemd journal.
    Journal,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Auto }
    }
}

impl LogConfig {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

    pub(crate) fn check(&self, findings: &mut Findings) {
        let wrong = self.level.split(',').find(|part| !Self::is_level(part.rsplit('=').next().unwrap_or(part)));
        if let Some(wrong) = wrong {
            let message = format!(
                "has `{}`, which is none of {}; by part: `info,d2d_actors=debug`",
                wrong.trim(),
                Self::LEVELS.join(", ")
            );
            findings.unless(false, "log.level", message);
        }
    }

    fn is_level(word: &str) -> bool {
        Self::LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word.trim()))
    }
}
