//! A conversion service that costs nothing: each page is a line that says which page of which content it is.
//!
//! What it makes follows from the file and the parameters alone, so that a test knows it before ([`expected`]).

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use d2d_actors::{ConversionService, PoolSettings, Refused};
use d2d_api::{FieldError, ProblemCode, ServiceInfo, ServiceLimits};
use d2d_config::Config;
use d2d_worker::{ArtifactFile, AssembleJob, Converter, InputFile, Inspection, PageJob, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NullParams {
    /// How many pages each file has.
    pub pages: u32,
    /// How long each page takes.
    pub page_ms: u64,
    /// How long looking at a file takes.
    pub inspect_ms: u64,
    /// How long writing the results takes.
    pub assemble_ms: u64,
    /// The page that takes its process down each time.
    pub crash_page: Option<u32>,
    /// The page that is refused.
    pub refuse_page: Option<u32>,
}

impl Default for NullParams {
    fn default() -> Self {
        Self { pages: 1, page_ms: 0, inspect_ms: 0, assemble_ms: 0, crash_page: None, refuse_page: None }
    }
}

/// The bytes of a file that it takes: different for each seed.
#[must_use]
pub fn file(seed: u64) -> Vec<u8> {
    format!("%PDF-1.4\n% {seed}\n").into_bytes()
}

/// The result of files with these contents.
#[must_use]
pub fn expected(files: &[Vec<u8>], pages: u32) -> String {
    files.iter().flat_map(|content| (1..=pages).map(|page| line(content, page))).collect()
}

fn line(content: &[u8], page: u32) -> String {
    format!("{} {page}\n", hex::encode(Sha256::digest(content)))
}

/// The service.
#[derive(Debug)]
pub struct Null {
    info: ServiceInfo,
    workers: usize,
    page_timeout: Duration,
}

impl ConversionService for Null {
    fn new(config: &Config) -> Self {
        let info = ServiceInfo {
            name: "null".to_owned(),
            title: "Nothing".to_owned(),
            description: "Converts pages to a line about them, at no cost.".to_owned(),
            params: json!({ "type": "object", "properties": {
                "pages": { "type": "integer" },
                "page_ms": { "type": "integer" },
                "inspect_ms": { "type": "integer" },
                "assemble_ms": { "type": "integer" },
                "crash_page": { "type": "integer" },
                "refuse_page": { "type": "integer" },
            }}),
            media_types: vec!["application/pdf".to_owned()],
            limits: ServiceLimits { file_bytes: 1 << 30, files: 100, pages: 1_000_000, page_pixels: 1 },
        };
        Self { info, workers: config.ocr.worker_count(), page_timeout: config.ocr.page_timeout }
    }

    fn converter(_: Value) -> Result<Box<dyn Converter>, Refusal> {
        Ok(Box::new(NullConverter))
    }

    fn info(&self) -> &ServiceInfo {
        &self.info
    }

    fn check_params(&self, params: Option<&Value>) -> Result<Value, Refused> {
        let params = params.cloned().unwrap_or_else(|| json!({}));
        let wrong = |error: serde_json::Error| {
            Refused::fields(ProblemCode::ServiceBadParams, vec![FieldError::new("", error.to_string())])
        };
        let params: NullParams = serde_json::from_value(params).map_err(wrong)?;
        serde_json::to_value(params).map_err(wrong)
    }

    fn pool(&self) -> PoolSettings {
        PoolSettings {
            workers: self.workers,
            page_timeout: self.page_timeout,
            memory_bytes: 1 << 30,
            idle: Duration::from_mins(5),
            settings: Value::Null,
            readable: Vec::new(),
            programs: Vec::new(),
        }
    }
}

struct NullConverter;

impl Converter for NullConverter {
    fn inspect(&mut self, _: &InputFile, params: &Value) -> Result<Inspection, Refusal> {
        let params = read_params(params)?;
        std::thread::sleep(Duration::from_millis(params.inspect_ms));
        Ok(Inspection { pages: (1..=params.pages).collect(), warnings: Vec::new() })
    }

    fn convert(&mut self, job: &PageJob) -> Result<Value, Refusal> {
        let params = read_params(&job.params)?;
        if params.crash_page == Some(job.page) {
            std::process::abort();
        }
        if params.refuse_page == Some(job.page) {
            return Err(Refusal::new(ProblemCode::InputDamaged, "told to refuse the page"));
        }
        std::thread::sleep(Duration::from_millis(params.page_ms));
        Ok(Value::String(line(&read(&job.input.path)?, job.page)))
    }

    fn assemble(&mut self, job: &AssembleJob) -> Result<Vec<ArtifactFile>, Refusal> {
        std::thread::sleep(Duration::from_millis(read_params(&job.params)?.assemble_ms));
        let mut text = String::new();
        for (_, path) in job.files.iter().flat_map(|file| &file.pages) {
            let line: String = serde_json::from_slice(&read(path)?).map_err(|error| failed(&error))?;
            text.write_str(&line).map_err(|error| failed(&error))?;
        }
        let path = job.out_dir.join("result.txt");
        std::fs::write(&path, text).map_err(|error| failed(&error))?;
        let (name, media_type, format) = ("result.txt".to_owned(), "text/plain".to_owned(), "txt".to_owned());
        Ok(vec![ArtifactFile { path, name, media_type, format }])
    }
}

fn read_params(params: &Value) -> Result<NullParams, Refusal> {
    serde_json::from_value(params.clone()).map_err(|error| failed(&error))
}

fn read(path: &Path) -> Result<Vec<u8>, Refusal> {
    std::fs::read(path).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::error::Error) -> Refusal {
    Refusal::new(ProblemCode::Internal, error.to_string())
}
