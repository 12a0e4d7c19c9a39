//! A conversion service for tests: any parameters, the fake worker, and something to fetch first if told so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use d2d_actors::{ConversionService, PoolSettings, Refused};
use d2d_api::{FieldError, ProblemCode, ServiceInfo, ServiceLimits, TaskError};
use d2d_config::Config;
use d2d_worker::{Converter, Refusal};
use serde_json::{Value, json};

use crate::script::Settings;

pub(crate) struct TestService {
    info: ServiceInfo,
    pool: PoolSettings,
    /// What a task has to wait for, if anything.
    needs: Option<Needs>,
}

/// Something that is fetched once.
#[derive(Clone, Default)]
pub(crate) struct Needs {
    pub(crate) here: Arc<AtomicBool>,
    pub(crate) fetched: Arc<AtomicU64>,
    pub(crate) never: bool,
}

impl TestService {
    pub(crate) fn named(name: &str, workers: usize, settings: &Settings) -> Self {
        let info = ServiceInfo {
            name: name.to_owned(),
            title: "Test".to_owned(),
            description: "Does as it is told.".to_owned(),
            params: json!({ "type": "object" }),
            media_types: vec!["text/plain".to_owned()],
            limits: ServiceLimits { file_bytes: 1000, files: 10, pages: 1000, page_pixels: 1 },
        };
        let pool = PoolSettings {
            workers,
            page_timeout: Duration::from_secs(30),
            memory_bytes: 1 << 30,
            idle: Duration::from_mins(1),
            settings: serde_json::to_value(settings).unwrap_or_default(),
            readable: Vec::new(),
            programs: Vec::new(),
        };
        Self { info, pool, needs: None }
    }

    pub(crate) fn needing(self, needs: Needs) -> Self {
        Self { needs: Some(needs), ..self }
    }

    pub(crate) fn with_pool(mut self, change: impl FnOnce(&mut PoolSettings)) -> Self {
        change(&mut self.pool);
        self
    }
}

impl ConversionService for TestService {
    fn new(_: &Config) -> Self {
        Self::named("test", 1, &Settings::default())
    }

    fn converter(_: Value) -> Result<Box<dyn Converter>, Refusal> {
        Err(Refusal::new(ProblemCode::Internal, "the fake worker converts by itself"))
    }

    fn info(&self) -> &ServiceInfo {
        &self.info
    }

    fn check_params(&self, params: Option<&Value>) -> Result<Value, Refused> {
        match params {
            None => Ok(json!({ "pages": 1 })),
            Some(Value::Object(params)) if !params.contains_key("bad") => Ok(Value::Object(params.clone())),
            Some(_) => {
                let error = FieldError { pointer: "/bad".to_owned(), detail: "is bad".to_owned() };
                Err(Refused::fields(ProblemCode::ServiceBadParams, vec![error]))
            }
        }
    }

    fn pool(&self) -> PoolSettings {
        self.pool.clone()
    }

    fn missing(&self, _: &Value) -> Option<String> {
        let needs = self.needs.as_ref()?;
        (!needs.here.load(Ordering::SeqCst)).then(|| "fetching what it takes".to_owned())
    }

    fn prepare(&self, _: &Value) -> Result<(), TaskError> {
        let Some(needs) = &self.needs else { return Ok(()) };
        if needs.never {
            let detail = "nobody has it".to_owned();
            return Err(TaskError { code: ProblemCode::OcrModelMissing, detail, file: None, page: None });
        }
        needs.fetched.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(50));
        needs.here.store(true, Ordering::SeqCst);
        Ok(())
    }
}
