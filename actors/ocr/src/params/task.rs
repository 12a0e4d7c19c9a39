//! The parameters of a task: their type, checks and JSON Schema.

use d2d_api::{FieldError, ProblemCode};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EngineChoice, Format, Mode, ParamsError, Password, Quality};
use crate::engine::tesseract::{CODE_PATTERN, is_code};
use crate::engine::{EngineName, choose};
use crate::languages::{LANGUAGES, Language, SmallestModel};
use crate::page_ranges::PageRanges;

/// The parameters of an OCR task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "OCR parameters")]
#[allow(clippy::struct_excessive_bools)] // Each is a switch of its own.
pub struct OcrParams {
    /// The languages of the text, by the codes that `/api/v1/ocr/languages` lists: those that can be read on this machine.
    /// They decide which engine and model read it; text of other languages in the same letters is read too.
    #[schemars(title = "Languages", length(min = 1), extend("uniqueItems" = true), transform = list_languages)]
    pub languages: Vec<String>,
    /// Speed or accuracy. Languages whose letters only the larger models know are read with these in any case.
    #[schemars(title = "Quality")]
    pub quality: Quality,
    /// What reads the text.
    #[schemars(title = "Engine")]
    pub engine: EngineChoice,
    /// What happens to PDF pages that already have text.
    #[schemars(title = "Mode for PDF")]
    pub mode: Mode,
    /// The password of encrypted PDF files. It is never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Password", length(max = 127), extend("writeOnly" = true, "format" = "password"))]
    pub password: Option<Password>,
    /// Which pages of each file, counting from 1, for example `1-3,7` or `10-`; all if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Pages")]
    pub pages: Option<PageRanges>,
    /// The result formats; one file each for every input file.
    #[schemars(title = "Formats", length(min = 1), extend("uniqueItems" = true))]
    pub formats: Vec<Format>,
    /// The resolution at which PDF pages are rendered to be read, in dots per inch; if not given, that of the scan which a
    /// page consists of, and 200 for other pages. Very large pages are rendered at less.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Resolution of PDF pages", range(min = 72, max = 600))]
    pub dpi: Option<u16>,
    /// Whether pages that lie on their side or head are turned before they are read. Boxes are those of the page as it
    /// came in any case.
    #[schemars(title = "Turn pages upright")]
    pub rotate: bool,
    /// Whether slanted pages are straightened before they are read.
    #[schemars(title = "Straighten pages")]
    pub deskew: bool,
    /// Whether the contrast of faint pages is raised before they are read.
    #[schemars(title = "Raise contrast")]
    pub contrast: bool,
    /// Whether searchable PDFs made from images are written as PDF/A-2b, for archives. PDF input keeps what it is.
    #[schemars(title = "PDF/A")]
    pub pdf_a: bool,
    /// Lines that the engine is less sure of than this, from 0 to 1, are left out.
    #[schemars(title = "Least confidence", range(min = 0.0, max = 1.0))]
    pub min_confidence: f64,
}

impl Default for OcrParams {
    fn default() -> Self {
        Self {
            languages: vec!["eng".into()],
            quality: Quality::default(),
            engine: EngineChoice::default(),
            mode: Mode::default(),
            password: None,
            pages: None,
            formats: vec![Format::Txt, Format::Json],
            dpi: None,
            rotate: true,
            deskew: true,
            contrast: true,
            pdf_a: false,
            min_confidence: 0.5,
        }
    }
}

impl OcrParams {
    /// Reads and checks parameters; what is left out takes its default. Whether an engine here reads the languages is
    /// not for this to know: see [`choose`].
    ///
    /// # Errors
    /// [`ParamsError`] with everything that is wrong (or the first field that has a wrong type).
    pub fn parse(value: Option<&Value>) -> Result<Self, ParamsError> {
        let params: Self = match value {
            None | Some(Value::Null) => Self::default(),
            Some(value) => serde_path_to_error::deserialize(value).map_err(|error| ParamsError {
                code: ProblemCode::ServiceBadParams,
                errors: vec![FieldError { pointer: pointer(error.path()), detail: error.inner().to_string() }],
            })?,
        };
        let errors: Vec<FieldError> = params.wrong_fields().into_iter().chain(params.wrong_languages()).collect();
        if errors.is_empty() { Ok(params) } else { Err(ParamsError { code: ProblemCode::ServiceBadParams, errors }) }
    }

    /// The JSON Schema (2020-12) of the parameters, without references.
    #[must_use]
    pub fn schema() -> Value {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        settings.into_generator().into_root_schema_for::<Self>().to_value()
    }

    /// The names of the model packs that it takes to read with these parameters. Tesseract takes none: what does not
    /// depend on it is the same whether or not it is installed.
    #[must_use]
    pub fn model_packs(&self) -> Vec<&'static str> {
        let engine: &[&str] = match (choose(self.engine, &self.languages, None), self.effective_quality()) {
            (Ok(EngineName::Ppocr), Quality::Fast) => &["ppocr-v6-tiny"],
            (Ok(EngineName::Ppocr), Quality::Balanced | Quality::Accurate) => &["ppocr-v6-tiny", "ppocr-v6-small"],
            (Ok(EngineName::Ocrs), _) => &["ocrs"],
            (Ok(EngineName::Tesseract) | Err(_), _) => &[],
        };
        let preparation: &[&str] = if self.rotate { &["orientation"] } else { &[] };
        [engine, preparation].concat()
    }

    /// The quality for PP-OCR to read with: `accurate` whatever was asked for if only the larger model knows the letters
    /// of a language.
    #[must_use]
    pub fn effective_quality(&self) -> Quality {
        let mut languages = self.languages.iter().filter_map(|code| Language::of_code(code));
        let small = languages.any(|language| language.ppocr == Some(SmallestModel::Small));
        if small { Quality::Accurate } else { self.quality }
    }

    fn wrong_languages(&self) -> Vec<FieldError> {
        let odd = self.languages.iter().enumerate().filter(|(_, code)| !is_code(code));
        let error = |(index, code): (usize, &String)| {
            let detail = format!("`{code}` can't be a language: see /api/v1/ocr/languages for the codes");
            FieldError::new(format!("/languages/{index}"), detail)
        };
        odd.map(error).collect()
    }

    fn wrong_fields(&self) -> Vec<FieldError> {
        let checks = [
            (!self.languages.is_empty(), "/languages", "name at least one language"),
            (is_unique(&self.languages), "/languages", "a language is named twice"),
            (!self.formats.is_empty(), "/formats", "name at least one format"),
            (is_unique(&self.formats), "/formats", "a format is named twice"),
            (self.dpi.is_none_or(|dpi| (72..=600).contains(&dpi)), "/dpi", "must be from 72 to 600"),
            ((0.0..=1.0).contains(&self.min_confidence), "/min_confidence", "must be from 0 to 1"),
        ];
        let wrong = checks.into_iter().filter(|(holds, _, _)| !holds);
        wrong.map(|(_, pointer, detail)| FieldError { pointer: pointer.into(), detail: detail.into() }).collect()
    }
}

fn is_unique<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().all(|(i, item)| !items[..i].contains(item))
}

/// Which codes there are depends on the machine and changes when data is installed, so the schema only says what codes
/// look like, and which ones are known.
fn list_languages(schema: &mut Schema) {
    let known: Vec<&str> = LANGUAGES.iter().map(|language| language.code).collect();
    let items = serde_json::json!({ "type": "string", "pattern": CODE_PATTERN, "examples": known });
    schema.insert("items".into(), items);
}

/// The path of a field as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => String::new(),
    };
    path.iter().map(segment).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_given_means_the_defaults() {
        assert_eq!(OcrParams::parse(None), Ok(OcrParams::default()));
        assert_eq!(OcrParams::parse(Some(&json!({}))), Ok(OcrParams::default()));
    }

    #[test]
    fn parameters_read_back() -> Result<(), Box<dyn std::error::Error>> {
        let given = json!({
            "languages": ["deu", "fra"], "quality": "accurate", "pages": "1-3,7", "formats": ["json"], "dpi": 300,
            "min_confidence": 0.25, "engine": "ppocr", "mode": "redo", "password": "p", "rotate": false, "deskew": false,
            "contrast": false, "pdf_a": true,
        });
        let params = OcrParams::parse(Some(&given))?;
        assert_eq!(serde_json::to_value(&params)?, given);
        Ok(())
    }

    #[test]
    fn wrong_fields_are_named() {
        let pointers = |value: Value| match OcrParams::parse(Some(&value)) {
            Ok(_) => (ProblemCode::Internal, Vec::new()),
            Err(error) => (error.code, error.errors.into_iter().map(|error| error.pointer).collect()),
        };
        let bad = ProblemCode::ServiceBadParams;
        assert_eq!(pointers(json!({ "dpi": 10, "formats": [] })), (bad, vec!["/formats".into(), "/dpi".into()]));
        assert_eq!(pointers(json!({ "pages": "0" })), (bad, vec!["/pages".into()]));
        assert_eq!(pointers(json!({ "formats": ["txt", "docx"] })), (bad, vec!["/formats/1".into()]));
        assert_eq!(pointers(json!({ "language": "eng" })).0, bad);
        assert_eq!(pointers(json!({ "min_confidence": 1.5 })), (bad, vec!["/min_confidence".into()]));
        assert_eq!(pointers(json!({ "languages": ["eng", "../rus"] })), (bad, vec!["/languages/1".into()]));
    }

    #[test]
    fn languages_and_engine_decide_the_models() -> Result<(), ParamsError> {
        let packs = |value: Value| OcrParams::parse(Some(&value)).map(|params| params.model_packs());
        assert_eq!(packs(json!({}))?, ["ppocr-v6-tiny", "ppocr-v6-small", "orientation"]);
        assert_eq!(packs(json!({ "rotate": false, "quality": "fast" }))?, ["ppocr-v6-tiny"]);
        let small = ["ppocr-v6-tiny", "ppocr-v6-small"];
        assert_eq!(packs(json!({ "rotate": false, "quality": "balanced" }))?, small);
        assert_eq!(packs(json!({ "rotate": false, "languages": ["eng", "ron"] }))?, small);
        assert_eq!(packs(json!({ "rotate": false, "engine": "ocrs" }))?, ["ocrs"]);
        assert!(packs(json!({ "rotate": false, "languages": ["eng", "rus"] }))?.is_empty());
        assert!(packs(json!({ "rotate": false, "engine": "tesseract" }))?.is_empty());
        Ok(())
    }

    #[test]
    fn the_schema_describes_every_field() {
        let schema = OcrParams::schema();
        let fields = schema["properties"].as_object();
        assert_eq!(fields.map(serde_json::Map::len), Some(13));
        for (name, field) in fields.into_iter().flatten() {
            assert!(field["title"].is_string() && field["description"].is_string(), "{name} is not described");
        }
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["properties"]["dpi"]["maximum"], 600);
        assert_eq!(schema["properties"]["languages"]["default"], json!(["eng"]));
        assert!(!schema.to_string().contains("$ref"), "references are inlined");
    }
}
