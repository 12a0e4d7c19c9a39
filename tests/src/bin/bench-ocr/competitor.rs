//! Who reads.

use std::fmt;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Competitor {
    /// Ours, by its quality.
    Fast,
    Balanced,
    Accurate,
    /// Ours, with the ocrs project's models.
    Ocrs,
    /// The program of that name.
    Tesseract,
}

impl Competitor {
    /// Those of a run without further wishes.
    pub(crate) const USUAL: [Self; 4] = [Self::Fast, Self::Balanced, Self::Accurate, Self::Tesseract];

    const ALL: [Self; 5] = [Self::Fast, Self::Balanced, Self::Accurate, Self::Ocrs, Self::Tesseract];

    pub(crate) fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|competitor| competitor.name() == name);
        found.with_context(|| format!("no engine {name}; there are {}", Self::ALL.map(Self::name).join(", ")))
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Balanced => "balanced",
            Self::Accurate => "accurate",
            Self::Ocrs => "ocrs",
            Self::Tesseract => "tesseract",
        }
    }

    /// Why it can't take part.
    pub(crate) fn absent(self) -> Option<String> {
        let answers = || {
            let version =
                Command::new("tesseract").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            version.is_ok_and(|status| status.success())
        };
        (self == Self::Tesseract && !answers()).then(|| "it is not installed".to_owned())
    }

    /// The parameters of a task that has it read these languages.
    pub(crate) fn params(self, languages: &[&str]) -> Value {
        match self {
            Self::Ocrs => json!({ "engine": "ocrs", "languages": languages }),
            Self::Fast | Self::Tesseract => json!({ "quality": "fast", "languages": languages }),
            Self::Balanced => json!({ "quality": "balanced", "languages": languages }),
            Self::Accurate => json!({ "quality": "accurate", "languages": languages }),
        }
    }
}

impl fmt::Display for Competitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
