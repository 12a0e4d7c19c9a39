//! Optical character recognition.

use d2d_api::{FieldError, ProblemCode, ServiceInfo, ServiceLimits};
use d2d_config::Config;
use d2d_worker::{Converter, Refusal};
use serde_json::{Value, json};

use crate::{ConversionService, PoolSettings};

/// The OCR service.
pub(crate) struct Ocr {
    info: ServiceInfo,
    pool: PoolSettings,
}

impl ConversionService for Ocr {
    fn new(config: &Config) -> Self {
        let info = ServiceInfo {
            name: "ocr".to_owned(),
            title: "Text recognition".to_owned(),
            description: "Reads the text of scans, photos and PDFs.".to_owned(),
            params: json!({}),
            media_types: ["application/pdf", "image/png", "image/jpeg", "image/tiff"].map(str::to_owned).to_vec(),
            limits: ServiceLimits {
                file_bytes: config.uploads.max_file.bytes(),
                files: config.uploads.max_files,
                pages: config.ocr.max_pages,
                page_pixels: config.ocr.max_pixels,
            },
        };
        let pool = PoolSettings {
            workers: config.ocr.worker_count(),
            page_timeout: config.ocr.page_timeout,
            memory_bytes: config.ocr.worker_memory.bytes(),
            idle: config.ocr.worker_idle,
            settings: json!({}),
            readable: vec![config.models.dir.clone()],
        };
        Self { info, pool }
    }

    fn converter(_settings: Value) -> Result<Box<dyn Converter>, Refusal> {
        Err(Refusal::new(ProblemCode::ServiceUnavailable, "text recognition is not built in yet"))
    }

    fn info(&self) -> &ServiceInfo {
        &self.info
    }

    fn check_params(&self, params: Option<&Value>) -> Result<Value, Vec<FieldError>> {
        Ok(params.cloned().unwrap_or_else(|| json!({})))
    }

    fn pool(&self) -> PoolSettings {
        self.pool.clone()
    }
}
