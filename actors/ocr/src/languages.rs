//! The languages that engines read, by the codes of ISO 639-3 and, where there are several ways to write one, those that
//! tesseract gives its data.
//!
//! PP-OCR reads a language if the dictionary of a model holds its whole alphabet. PP-OCRv6 has no Cyrillic, Arabic,
//! Hangul or Indic letters, and no Greek or Vietnamese ones with accents; of Romanian, only the small model knows the
//! letters with a comma below. Tesseract reads a language if its data is installed, also one that is not listed here.

use serde::Serialize;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Language {
    /// Its code, as the parameter `languages` takes it.
    pub code: &'static str,
    /// Its English name.
    pub name: &'static str,
    /// The smallest model of PP-OCR that knows all of its letters, if one does.
    pub ppocr: Option<SmallestModel>,
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
    Language { code, name, ppocr: Some(SmallestModel::Tiny) }
}

const fn small(code: &'static str, name: &'static str) -> Language {
    Language { code, name, ppocr: Some(SmallestModel::Small) }
}

/// One that only tesseract reads.
const fn other(code: &'static str, name: &'static str) -> Language {
    Language { code, name, ppocr: None }
}

/// The one language of the ocrs project's models.
pub const OCRS: &str = "eng";

/// The languages known by name, by code.
pub const LANGUAGES: &[Language] = &[
    tiny("afr", "Afrikaans"),
    other("amh", "Amharic"),
    other("ara", "Arabic"),
    other("asm", "Assamese"),
    other("aze", "Azerbaijani"),
    other("aze_cyrl", "Azerbaijani (Cyrillic)"),
    other("bel", "Belarusian"),
    other("ben", "Bengali"),
    other("bod", "Tibetan"),
    tiny("bos", "Bosnian (Latin)"),
    tiny("bre", "Breton"),
    other("bul", "Bulgarian"),
    tiny("cat", "Catalan"),
    tiny("ceb", "Cebuano"),
    tiny("ces", "Czech"),
    tiny("chi_sim", "Chinese (simplified)"),
    other("chi_sim_vert", "Chinese (simplified, vertical)"),
    small("chi_tra", "Chinese (traditional)"),
    other("chi_tra_vert", "Chinese (traditional, vertical)"),
    other("chr", "Cherokee"),
    tiny("cos", "Corsican"),
    tiny("cym", "Welsh"),
    tiny("dan", "Danish"),
    other("dan_frak", "Danish (Fraktur)"),
    tiny("deu", "German"),
    other("deu_frak", "German (Fraktur)"),
    other("deu_latf", "German (Fraktur Latin)"),
    other("div", "Dhivehi"),
    other("dzo", "Dzongkha"),
    other("ell", "Greek"),
    tiny("eng", "English"),
    other("enm", "Middle English"),
    tiny("epo", "Esperanto"),
    tiny("est", "Estonian"),
    tiny("eus", "Basque"),
    tiny("fao", "Faroese"),
    other("fas", "Persian"),
    tiny("fil", "Filipino"),
    tiny("fin", "Finnish"),
    tiny("fra", "French"),
    other("frk", "German (Fraktur, 19th century)"),
    other("frm", "Middle French"),
    tiny("fry", "Western Frisian"),
    tiny("gla", "Scottish Gaelic"),
    tiny("gle", "Irish"),
    tiny("glg", "Galician"),
    other("grc", "Ancient Greek"),
    other("guj", "Gujarati"),
    tiny("hat", "Haitian Creole"),
    other("heb", "Hebrew"),
    other("hin", "Hindi"),
    tiny("hrv", "Croatian"),
    tiny("hun", "Hungarian"),
    other("hye", "Armenian"),
    other("iku", "Inuktitut"),
    tiny("ind", "Indonesian"),
    tiny("isl", "Icelandic"),
    tiny("ita", "Italian"),
    other("ita_old", "Italian (old)"),
    tiny("jav", "Javanese"),
    small("jpn", "Japanese"),
    other("jpn_vert", "Japanese (vertical)"),
    other("kan", "Kannada"),
    other("kat", "Georgian"),
    other("kat_old", "Georgian (old)"),
    other("kaz", "Kazakh"),
    other("khm", "Khmer"),
    other("kir", "Kyrgyz"),
    tiny("kmr", "Kurdish (Kurmanji, Latin)"),
    other("kor", "Korean"),
    other("kor_vert", "Korean (vertical)"),
    other("lao", "Lao"),
    tiny("lat", "Latin"),
    tiny("lav", "Latvian"),
    tiny("lit", "Lithuanian"),
    tiny("ltz", "Luxembourgish"),
    other("mal", "Malayalam"),
    other("mar", "Marathi"),
    other("mkd", "Macedonian"),
    tiny("mlt", "Maltese"),
    other("mon", "Mongolian"),
    tiny("mri", "Māori"),
    tiny("msa", "Malay"),
    other("mya", "Burmese"),
    other("nep", "Nepali"),
    tiny("nld", "Dutch"),
    tiny("nor", "Norwegian"),
    tiny("oci", "Occitan"),
    other("ori", "Odia"),
    other("pan", "Punjabi"),
    tiny("pol", "Polish"),
    tiny("por", "Portuguese"),
    other("pus", "Pashto"),
    tiny("que", "Quechua"),
    small("ron", "Romanian"),
    other("rus", "Russian"),
    other("san", "Sanskrit"),
    other("sin", "Sinhala"),
    tiny("slk", "Slovak"),
    other("slk_frak", "Slovak (Fraktur)"),
    tiny("slv", "Slovenian"),
    other("snd", "Sindhi"),
    tiny("spa", "Spanish"),
    other("spa_old", "Spanish (old)"),
    tiny("sqi", "Albanian"),
    other("srp", "Serbian (Cyrillic)"),
    tiny("srp_latn", "Serbian (Latin)"),
    tiny("sun", "Sundanese"),
    tiny("swa", "Swahili"),
    tiny("swe", "Swedish"),
    other("syr", "Syriac"),
    other("tam", "Tamil"),
    other("tat", "Tatar"),
    other("tel", "Telugu"),
    other("tgk", "Tajik"),
    tiny("tgl", "Tagalog"),
    other("tha", "Thai"),
    other("tir", "Tigrinya"),
    other("ton", "Tongan"),
    tiny("tur", "Turkish"),
    other("uig", "Uyghur"),
    other("ukr", "Ukrainian"),
    other("urd", "Urdu"),
    other("uzb", "Uzbek (Latin)"),
    other("uzb_cyrl", "Uzbek (Cyrillic)"),
    other("vie", "Vietnamese"),
    other("yid", "Yiddish"),
    other("yor", "Yoruba"),
];

impl Language {
    /// The language of that code, if it is known.
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

/// What to call a language: its English name, or what its code tells. Data for a script as a whole is named like it,
/// `Fraktur` or `script/Fraktur`; other codes that are not known are of data that somebody trained.
#[must_use]
pub fn name_of(code: &str) -> String {
    let script = code.strip_prefix("script/").unwrap_or(code);
    match Language::of_code(code) {
        Some(language) => language.name.to_owned(),
        None if script.starts_with(|c: char| c.is_ascii_uppercase()) => format!("{} script", script.replace('_', " ")),
        None => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(LANGUAGES.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn scripts_and_unknown_data_have_names_too() {
        let names = ["rus", "Fraktur", "script/Canadian_Aboriginal", "frak2021"].map(name_of);
        assert_eq!(names, ["Russian", "Fraktur script", "Canadian Aboriginal script", "frak2021"]);
    }
}
