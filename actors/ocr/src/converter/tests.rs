//! A file through the converter, with an engine that reads the size of the page.

use std::error::Error;
use std::fs;
use std::path::Path;

use d2d_api::ProblemCode;
use d2d_worker::{AssembleJob, Converter, FilePages, InputFile, PageJob};
use image::{GrayImage, ImageFormat, RgbImage};
use serde_json::{Value, json};

use super::{OcrConverter, OcrSettings, unwritten};
use crate::engine::{Engine, EngineError, ReadOptions};
use crate::input::Limits;
use crate::page::{Block, Char, Confidence, Line, Page, Rect, Word};
use crate::params::Quality;
use crate::reading::EngineInfo;

type Outcome = Result<(), Box<dyn Error>>;

struct Ruler;

impl Engine for Ruler {
    fn prepare(&mut self, _: Quality) -> Result<(), EngineError> {
        Ok(())
    }

    fn info(&mut self, _: &ReadOptions) -> Result<EngineInfo, EngineError> {
        Ok(EngineInfo { name: "ruler".to_owned(), version: None, models: Vec::new() })
    }

    fn recognise(&mut self, image: &RgbImage, options: &ReadOptions) -> Result<Page, EngineError> {
        let (width, height) = image.dimensions();
        let text = format!("{width}x{height}@{}:{:?}", options.threads, options.quality);
        let char = Char { text, quad: Rect::from([0, 0, 1, 1]).into(), confidence: Confidence::new(1.0) };
        let line = Word::of(vec![char]).and_then(|word| Line::of(vec![word]));
        Ok(Page { width, height, blocks: line.and_then(|line| Block::of(vec![line])).into_iter().collect() })
    }
}

fn converter() -> OcrConverter {
    let settings = OcrSettings { models: "nowhere".into(), limits: Limits::default(), tesseract: None };
    OcrConverter::with_engine(Box::new(Ruler), &settings)
}

/// An image of this size, saved under that name.
fn image(folder: &Path, name: &str, width: u32) -> Result<InputFile, Box<dyn Error>> {
    let path = folder.join(name);
    GrayImage::new(width, 5).save_with_format(&path, ImageFormat::Png)?;
    Ok(InputFile { path, name: name.into(), media_type: "image/png".into() })
}

#[test]
fn files_go_from_pages_to_results() -> Outcome {
    let folder = tempfile::tempdir()?;
    let out_dir = folder.path().join("out");
    fs::create_dir(&out_dir)?;
    let params = json!({ "formats": ["json", "txt"], "quality": "accurate", "rotate": false });
    let mut converter = converter();
    let mut files = Vec::new();
    for (name, width) in [("scan.png", 7), ("scan.jpg", 9)] {
        let input = image(folder.path(), name, width)?;
        let inspection = converter.inspect(&input, &params)?;
        assert_eq!((inspection.pages, inspection.warnings), (vec![1], Vec::new()));
        let job = PageJob { input: input.clone(), page: 1, params: params.clone(), threads: 2 };
        let kept = folder.path().join(format!("{name}.page"));
        fs::write(&kept, serde_json::to_vec(&converter.convert(&job)?)?)?;
        files.push(FilePages { input, pages: vec![(1, kept)], failed: Vec::new(), warnings: vec!["odd".into()] });
    }
    let artifacts = converter.assemble(&AssembleJob { files, params, out_dir })?;
    let names: Vec<&str> = artifacts.iter().map(|artifact| artifact.name.as_str()).collect();
    assert_eq!(names, ["scan.json", "scan.txt", "scan-2.json", "scan-2.txt"]);
    assert_eq!(fs::read_to_string(&artifacts[3].path)?, "9x5@2:Accurate\n");
    assert_eq!((artifacts[3].media_type.as_str(), artifacts[3].format.as_str()), ("text/plain; charset=utf-8", "txt"));
    let json: Value = serde_json::from_slice(&fs::read(&artifacts[0].path)?)?;
    assert_eq!((&json["file"], &json["warnings"]), (&json!("scan.png"), &json!(["odd"])));
    assert_eq!(json["pages"][0]["blocks"][0]["lines"][0]["text"], "7x5@2:Accurate");
    Ok(())
}

#[test]
fn several_pages_are_named_and_credited_in_their_formats() -> Outcome {
    let folder = tempfile::tempdir()?;
    let out_dir = folder.path().join("out");
    fs::create_dir(&out_dir)?;
    let input = InputFile { path: folder.path().join("x"), name: "scan.tif".into(), media_type: "image/tiff".into() };
    let mut pages = Vec::new();
    for (number, engine) in [(1, "ppocr"), (2, "tesseract"), (4, "ppocr")] {
        let page = folder.path().join(number.to_string());
        let engine = json!({ "name": engine, "models": [] });
        let page_json = json!({ "width": 7, "height": 5, "blocks": [] });
        fs::write(&page, json!({ "source": "recognised", "engine": engine, "page": page_json }).to_string())?;
        pages.push((number, page));
    }
    let files = vec![FilePages { input, pages, failed: Vec::new(), warnings: Vec::new() }];
    let params = json!({ "formats": ["page", "alto"] });
    let artifacts = converter().assemble(&AssembleJob { files, params, out_dir })?;
    let named = |i: usize| (artifacts[i].name.as_str(), artifacts[i].media_type.as_str());
    assert_eq!((named(0), named(1)), (("scan.page.zip", "application/zip"), ("scan.alto.xml", "application/xml")));
    let alto = fs::read_to_string(&artifacts[1].path)?;
    let credits: Vec<_> = alto.split("PROCESSINGREFS=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(credits, ["data2data engine_1", "data2data engine_2", "data2data engine_1"]);
    assert_eq!(alto.matches("<Processing ").count(), 3, "each engine is told once");
    Ok(())
}

#[test]
fn results_are_whole_without_the_pages_that_could_not_be_read() -> Outcome {
    let folder = tempfile::tempdir()?;
    let out_dir = folder.path().join("out");
    fs::create_dir(&out_dir)?;
    let input = image(folder.path(), "scan.png", 7)?;
    let params = json!({ "formats": ["txt", "md", "json", "tsv", "hocr", "alto", "page"], "rotate": false });
    let mut converter = converter();
    let job = PageJob { input: input.clone(), page: 1, params: params.clone(), threads: 1 };
    let page = folder.path().join("page");
    fs::write(&page, serde_json::to_vec(&converter.convert(&job)?)?)?;
    let failed = vec![(1, "it crashed".to_owned()), (3, "it crashed".to_owned())];
    let files = vec![FilePages { input, pages: vec![(2, page)], failed, warnings: vec!["odd".into()] }];
    let artifacts = converter.assemble(&AssembleJob { files, params, out_dir })?;
    let text = |i: usize| fs::read_to_string(&artifacts[i].path);
    let read = "7x5@1:Balanced";
    assert_eq!(text(0)?, format!("\x0c{read}\n\x0c"), "the second of three pages");
    assert_eq!(text(1)?, format!("\n---\n\n{read}\n\n---\n\n"));
    let json: Value = serde_json::from_str(&text(2)?)?;
    assert_eq!(json["pages"].as_array().map(Vec::len), Some(1));
    assert_eq!(json["pages"][0]["page"], 2);
    let warning = |page| format!("page {page} is missing, as it could not be read: it crashed");
    assert_eq!(json["warnings"], json!(["odd", warning(1), warning(3)]));
    assert!(text(3)?.lines().skip(1).all(|row| row.split('\t').nth(1) == Some("2")));
    let hocr = text(4)?;
    assert!(hocr.contains("page_2") && hocr.contains("ppageno 1") && !hocr.contains("page_1\""), "{hocr}");
    assert!(hocr.contains("name=\"ocr-number-of-pages\" content=\"1\""), "{hocr}");
    assert_eq!(text(5)?.matches("<Page ").count(), 1);
    assert_eq!(artifacts[6].media_type, "application/zip", "as if all pages were there");
    Ok(())
}

#[test]
fn letters_that_only_the_larger_model_knows_are_read_by_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let input = image(folder.path(), "scan.png", 7)?;
    let params = json!({ "languages": ["jpn"], "quality": "fast", "rotate": false });
    let job = PageJob { input, page: 1, params, threads: 1 };
    let read = converter().convert(&job)?;
    assert_eq!(read["page"]["blocks"][0]["lines"][0]["words"][0]["text"], "7x5@1:Accurate");
    Ok(())
}

#[test]
fn ranges_without_a_page_and_damaged_files_are_refused() -> Outcome {
    let folder = tempfile::tempdir()?;
    let input = image(folder.path(), "scan.png", 7)?;
    let refusal = converter().inspect(&input, &json!({ "pages": "2-" })).err();
    assert!(refusal.is_some_and(|refusal| {
        refusal.code == ProblemCode::OcrPageRange && refusal.detail.contains("`scan.png` has 1 page")
    }));
    fs::write(&input.path, "not an image")?;
    let refusal = converter().inspect(&input, &json!({})).err();
    assert_eq!(refusal.map(|refusal| refusal.code), Some(ProblemCode::InputUnsupported));
    Ok(())
}

#[test]
fn without_models_it_starts_and_says_what_is_missing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let input = image(folder.path(), "scan.png", 7)?;
    let settings = OcrSettings { models: folder.path().join("models"), limits: Limits::default(), tesseract: None };
    let mut converter = OcrConverter::new(&settings)?;
    let refusal = converter.convert(&PageJob { input, page: 1, params: json!({}), threads: 1 }).err();
    let refusal = refusal.ok_or("it read without models")?;
    assert_eq!(refusal.code, ProblemCode::OcrModelMissing);
    assert!(refusal.detail.contains("d2d models pull"), "{refusal}");
    Ok(())
}

/// `/dev/full` answers writes as a full disk does.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_no_fault_of_the_service() -> Outcome {
    let written = fs::write("/dev/full", "a result");
    assert_eq!(unwritten(&written.err().ok_or("there was room")?).code, ProblemCode::StorageFull);
    assert_eq!(unwritten(&std::io::Error::other("else")).code, ProblemCode::Internal);
    Ok(())
}
