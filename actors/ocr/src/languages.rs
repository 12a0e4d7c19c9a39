//! The languages that can be read, by the codes of ISO 639-3 (Chinese by script, as tesseract names it).
//!
//! A language is listed if the dictionaries of the models hold its whole alphabet. PP-OCRv6 has no Cyrillic, Arabic,
//! Hangul or Indic letters, no Greek or Vietnamese ones with accents, and no Romanian comma below.

use serde::Serialize;

/// A language that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Language {
    /// Its code, as the parameter `languages` takes it.
    pub code: &'static str,
    /// Its English name.
    pub name: &'static str,
    /// The smallest model that knows all of its letters.
    pub model: SmallestModel,
}

/// A recognition model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SmallestModel {
    /// PP-OCRv6 tiny.
    Tiny,
    /// PP-OCRv6 small.
    Small,
}

const fn tiny(code: &'static str, name: &'static str) -> Language {
    Language { code, name, model: SmallestModel::Tiny }
}

const fn small(code: &'static str, name: &'static str) -> Language {
    Language { code, name, model: SmallestModel::Small }
}

/// All languages that can be read, by code.
pub const LANGUAGES: &[Language] = &[
    tiny("afr", "Afrikaans"),
    tiny("bos", "Bosnian (Latin)"),
    tiny("cat", "Catalan"),
    tiny("ces", "Czech"),
    tiny("chi_sim", "Chinese (simplified)"),
    small("chi_tra", "Chinese (traditional)"),
    tiny("cym", "Welsh"),
    tiny("dan", "Danish"),
    tiny("deu", "German"),
    tiny("eng", "English"),
    tiny("epo", "Esperanto"),
    tiny("est", "Estonian"),
    tiny("eus", "Basque"),
    tiny("fin", "Finnish"),
    tiny("fra", "French"),
    tiny("gle", "Irish"),
    tiny("glg", "Galician"),
    tiny("hrv", "Croatian"),
    tiny("hun", "Hungarian"),
    tiny("ind", "Indonesian"),
    tiny("isl", "Icelandic"),
    tiny("ita", "Italian"),
    small("jpn", "Japanese"),
    tiny("lat", "Latin"),
    tiny("lav", "Latvian"),
    tiny("lit", "Lithuanian"),
    tiny("ltz", "Luxembourgish"),
    tiny("mlt", "Maltese"),
    tiny("msa", "Malay"),
    tiny("nld", "Dutch"),
    tiny("nor", "Norwegian"),
    tiny("oci", "Occitan"),
    tiny("pol", "Polish"),
    tiny("por", "Portuguese"),
    tiny("slk", "Slovak"),
    tiny("slv", "Slovenian"),
    tiny("spa", "Spanish"),
    tiny("sqi", "Albanian"),
    tiny("srp_latn", "Serbian (Latin)"),
    tiny("swa", "Swahili"),
    tiny("swe", "Swedish"),
    tiny("tgl", "Tagalog"),
    tiny("tur", "Turkish"),
];

impl Language {
    /// The language of that code, if it can be read.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        LANGUAGES.iter().copied().find(|language| language.code == code)
    }

    /// Whether it is Chinese or Japanese.
    #[must_use]
    pub fn is_cjk(&self) -> bool {
        matches!(self.code, "chi_sim" | "chi_tra" | "jpn")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(LANGUAGES.is_sorted_by(|a, b| a.code < b.code));
    }
}
