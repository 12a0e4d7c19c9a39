//! Examples for the documentation of the ocr service.

use poem_openapi::types::Example;
use serde_json::json;

use super::{
    OcrBlock, OcrBlockKind, OcrDocument, OcrEngine, OcrEngineInfo, OcrEngines, OcrFormat, OcrFormats, OcrLanguage,
    OcrLanguages, OcrLine, OcrModel, OcrModelPack, OcrPage, OcrParamsSchema, OcrPreparation, OcrRequest, OcrTextSource,
    OcrWord,
};

impl Example for OcrLanguages {
    fn example() -> Self {
        let language = |code: &str, name: &str, engines: &[&str]| OcrLanguage {
            code: code.to_owned(),
            name: name.to_owned(),
            engines: engines.iter().map(|&engine| engine.to_owned()).collect(),
        };
        Self {
            items: vec![
                language("eng", "English", &["ppocr", "tesseract"]),
                language("rus", "Russian", &["tesseract"]),
            ],
        }
    }
}

impl Example for OcrEngines {
    fn example() -> Self {
        let pack = OcrModelPack {
            name: "ppocr-v6-tiny".to_owned(),
            licence: "Apache-2.0".to_owned(),
            bytes: 6_316_738,
            installed: true,
        };
        let ppocr = OcrEngine {
            name: "ppocr".to_owned(),
            version: None,
            available: true,
            languages: vec!["deu".to_owned(), "eng".to_owned()],
            qualities: ["fast", "balanced", "accurate"].map(str::to_owned).to_vec(),
            models: vec![pack],
            install: None,
        };
        Self { items: vec![ppocr] }
    }
}

impl Example for OcrFormats {
    fn example() -> Self {
        let format =
            |name: &str, media_type: &str| OcrFormat { name: name.to_owned(), media_type: media_type.to_owned() };
        Self { items: vec![format("txt", "text/plain; charset=utf-8"), format("json", "application/json")] }
    }
}

impl Example for OcrParamsSchema {
    fn example() -> Self {
        Self {
            schema: "https://json-schema.org/draft/2020-12/schema".to_owned(),
            title: "OCR parameters".to_owned(),
            kind: "object".to_owned(),
            properties: json!({
                "min_confidence": {
                    "title": "Least confidence",
                    "description": "Lines that the engine is less sure of than this, from 0 to 1, are left out.",
                    "type": "number",
                    "minimum": 0.0,
                    "maximum": 1.0,
                    "default": 0.5,
                },
            }),
            additional_properties: false,
        }
    }
}

impl Example for OcrDocument {
    fn example() -> Self {
        let word = |text: &str, bounds, confidence| OcrWord { text: text.to_owned(), bounds, quad: None, confidence };
        let line = OcrLine {
            bounds: [120, 80, 300, 110],
            quad: None,
            confidence: 0.987,
            text: "Two words".to_owned(),
            words: vec![word("Two", [120, 80, 180, 110], 0.99), word("words", [200, 80, 300, 110], 0.985)],
        };
        let engine = OcrEngineInfo {
            name: "ppocr".to_owned(),
            version: None,
            models: vec![OcrModel {
                name: "ppocr-v6-tiny/rec.onnx".to_owned(),
                sha256: "9ef676d6ed3c88256a2d92c640c44f25b0c40947e111b14b8be8f594091563e6".to_owned(),
            }],
        };
        let page = OcrPage {
            page: 1,
            width: 800,
            height: 160,
            dpi: Some(200.0),
            source: OcrTextSource::Recognised,
            engine: Some(engine),
            preparation: OcrPreparation { rotated: 0, skew: 0.0, contrast_raised: false },
            blocks: vec![OcrBlock {
                kind: OcrBlockKind::Paragraph,
                level: None,
                bounds: line.bounds,
                lines: vec![line],
            }],
        };
        Self {
            version: 1,
            file: "line.png".to_owned(),
            request: OcrRequest { engine: "auto".to_owned(), quality: "balanced".to_owned() },
            warnings: Vec::new(),
            pages: vec![page],
        }
    }
}
