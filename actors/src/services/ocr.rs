//! Optical character recognition.

use d2d_api::{FieldError, ProblemCode, ServiceInfo, ServiceLimits, TaskError};
use d2d_config::Config;
use d2d_ocr::converter::OcrConverter;
use d2d_ocr::engine::tesseract::{self, DiscoverError, Installation};
use d2d_ocr::engine::{NoEngine, Survey, choose};
use d2d_ocr::input::Limits;
use d2d_ocr::models::{self, ModelError, PullOptions};
use d2d_ocr::params::{EngineChoice, OcrParams, ParamsError};
use d2d_ocr::settings::OcrSettings;
use d2d_worker::{Converter, Refusal};
use serde_json::Value;

use super::schema::ParamsSchema;
use crate::{ConversionService, PoolSettings, Refused};

/// The types of files that it reads.
const MEDIA_TYPES: [&str; 9] = [
    "application/pdf",
    "image/png",
    "image/jpeg",
    "image/jp2",
    "image/tiff",
    "image/webp",
    "image/gif",
    "image/bmp",
    "image/x-portable-anymap",
];

/// The OCR service.
pub(crate) struct Ocr {
    info: ServiceInfo,
    schema: ParamsSchema,
    pool: PoolSettings,
    survey: Survey,
    pull: PullOptions,
    auto_pull: bool,
}

impl ConversionService for Ocr {
    fn new(config: &Config) -> Self {
        let params = OcrParams::schema();
        let schema = ParamsSchema::new(&params);
        let info = ServiceInfo {
            name: "ocr".to_owned(),
            title: "Text recognition".to_owned(),
            description: "Reads the text of scans, photos and PDFs, with the place and the confidence of every word."
                .to_owned(),
            params,
            media_types: MEDIA_TYPES.map(str::to_owned).to_vec(),
            limits: ServiceLimits {
                file_bytes: config.uploads.max_file.bytes(),
                files: config.uploads.max_files,
                pages: config.ocr.max_pages,
                page_pixels: config.ocr.max_pixels,
            },
        };
        let pull = PullOptions {
            dir: config.models.dir.clone(),
            source: config.models.source.clone(),
            python: config.models.python.clone(),
        };
        let settings = settings(config);
        let survey = Survey::of(&settings, config.models.auto_pull);
        Self { info, schema, pool: pool(config, &settings), survey, pull, auto_pull: config.models.auto_pull }
    }

    fn converter(settings: Value) -> Result<Box<dyn Converter>, Refusal> {
        let settings: OcrSettings = serde_json::from_value(settings)
            .map_err(|error| Refusal::new(ProblemCode::Internal, format!("the settings can't be read: {error}")))?;
        OcrConverter::new(&settings).map(|converter| Box::new(converter) as Box<dyn Converter>)
    }

    fn info(&self) -> &ServiceInfo {
        &self.info
    }

    /// The schema finds every fault that it can express; the parser then finds what it can't, and says it better. What is
    /// right by both may still ask for languages that no engine on this machine reads.
    fn check_params(&self, params: Option<&Value>) -> Result<Value, Refused> {
        let faults = params.filter(|params| !params.is_null()).map(|params| self.schema.faults(params));
        let faults = faults.unwrap_or_default();
        match OcrParams::parse(params) {
            Ok(params) if faults.is_empty() => {
                choose(params.engine, &params.languages, self.survey.tesseract_languages().as_ref())
                    .map_err(|NoEngine(errors)| Refused::fields(ProblemCode::OcrNoEngine, errors))?;
                let explicit = params.engine != EngineChoice::Auto;
                let params = serde_json::to_value(params).map_err(|error| {
                    Refused::new(ProblemCode::Internal, format!("the parameters can't be kept: {error}"))
                })?;
                if explicit { self.check_installed(&params).map(|()| params) } else { Ok(params) }
            }
            Err(ParamsError { code, errors }) if faults.is_empty() => Err(Refused::fields(code, errors)),
            _ => Err(Refused::fields(ProblemCode::ServiceBadParams, faults)),
        }
    }

    fn pool(&self) -> PoolSettings {
        self.pool.clone()
    }

    fn missing(&self, params: &Value) -> Option<String> {
        let missing = packs(params).iter().any(|pack| !self.survey.has(pack));
        missing.then(|| "fetching recognition models".to_owned())
    }

    fn prepare(&self, params: &Value) -> Result<(), TaskError> {
        for name in packs(params).into_iter().filter(|pack| !self.survey.has(pack)) {
            match models::require(&self.pull.dir, name) {
                Ok(_) => {}
                Err(ModelError::Missing { .. }) if self.auto_pull => self.pull(name)?,
                Err(error) => return Err(model_missing(name, &error)),
            }
        }
        Ok(())
    }
}

impl Ocr {
    /// Refuses an engine whose models are not here and will not come by themselves.
    fn check_installed(&self, params: &Value) -> Result<(), Refused> {
        let missing = packs(params).into_iter().find(|pack| !self.auto_pull && !self.survey.has(pack));
        let Some(pack) = missing else { return Ok(()) };
        let detail = format!(
            "needs the model pack `{pack}`, which is not installed: the operator can run `d2d models pull {pack}`"
        );
        Err(Refused::fields(ProblemCode::OcrNoEngine, vec![FieldError::new("/engine", detail)]))
    }

    fn pull(&self, name: &str) -> Result<(), TaskError> {
        let pack = models::Pack::named(name).ok_or_else(|| ModelError::UnknownPack { name: name.to_owned() });
        let pack = pack.map_err(|error| model_missing(name, &error))?;
        tracing::info!(pack = name, "fetching a recognition model");
        let pulled = models::pull(pack, &self.pull, &mut |_| {}).map_err(|error| model_missing(name, &error))?;
        tracing::info!(pack = name, ?pulled, "the recognition model is here");
        Ok(())
    }
}

/// What its workers are told.
fn settings(config: &Config) -> OcrSettings {
    let limits = Limits {
        file_bytes: config.uploads.max_file.bytes(),
        pages: config.ocr.max_pages,
        pixels: config.ocr.max_pixels,
        ..Limits::default()
    };
    OcrSettings { models: config.models.dir.clone(), limits, tesseract: installed_tesseract(&config.ocr.tesseract) }
}

/// Tesseract, if it shall be used and is there.
fn installed_tesseract(program: &str) -> Option<Installation> {
    if program.is_empty() {
        return None;
    }
    match tesseract::discover(program) {
        Ok(found) => {
            let Installation { program, data, version } = &found;
            tracing::info!(version, program = %program.display(), data = %data.display(), "tesseract is installed");
            Some(found)
        }
        Err(error @ DiscoverError::NotInstalled(_)) => {
            tracing::info!("{error}");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "tesseract is not used");
            None
        }
    }
}

/// How its worker processes are run.
fn pool(config: &Config, settings: &OcrSettings) -> PoolSettings {
    let tesseract = settings.tesseract.as_ref();
    PoolSettings {
        workers: config.ocr.worker_count(),
        page_timeout: config.ocr.page_timeout,
        memory_bytes: config.ocr.worker_memory.bytes(),
        idle: config.ocr.worker_idle,
        settings: serde_json::to_value(settings).unwrap_or_default(),
        readable: [&config.models.dir].into_iter().chain(tesseract.map(|it| &it.data)).cloned().collect(),
        programs: tesseract.map(|it| it.program.clone()).into_iter().collect(),
    }
}

/// The model packs that a task needs; its parameters were checked when it was registered.
fn packs(params: &Value) -> Vec<&'static str> {
    OcrParams::parse(Some(params)).map_or_else(|_| Vec::new(), |params| params.model_packs())
}

/// What clients are told; where the files should be is for the operator, in the log.
fn model_missing(pack: &str, error: &ModelError) -> TaskError {
    tracing::error!(%error, "a recognition model can't be had");
    let detail = format!(
        "the model pack `{pack}` is not installed and could not be had: choose another engine, or have the operator run \
         `d2d models pull {pack}` and look into the log"
    );
    TaskError { code: ProblemCode::OcrModelMissing, detail, file: None, page: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The service without tesseract, whatever is installed here.
    fn ocr() -> Ocr {
        let mut config = Config::in_dir("data");
        config.ocr.tesseract.clear();
        Ocr::new(&config)
    }

    fn pointers(refused: Result<Value, Refused>) -> (Option<ProblemCode>, Vec<String>) {
        let refused = refused.err();
        let errors = refused.iter().flat_map(|refused| &refused.errors);
        let mut pointers: Vec<_> = errors.map(|error| error.pointer.clone()).collect();
        pointers.sort_unstable();
        (refused.map(|refused| refused.code), pointers)
    }

    #[test]
    fn defaults_are_filled_in_and_pass_again() {
        let params = ocr().check_params(None);
        assert!(params.as_ref().is_ok_and(|params| params["formats"].is_array()), "{params:?}");
        let params = params.unwrap_or_default();
        assert_eq!(ocr().check_params(Some(&params)), Ok(params));
        assert_eq!(ocr().check_params(Some(&Value::Null)), ocr().check_params(Some(&json!({}))));
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let wrong = json!({ "quality": "best", "dpi": "high", "colour": true, "formats": ["docx"] });
        let expected = ["/colour", "/dpi", "/formats/0", "/quality"].map(str::to_owned).to_vec();
        assert_eq!(pointers(ocr().check_params(Some(&wrong))), (Some(ProblemCode::ServiceBadParams), expected));
    }

    #[test]
    fn what_the_schema_cannot_say_is_checked_too() {
        let wrong_range = json!({ "pages": "9-3" });
        let expected = (Some(ProblemCode::ServiceBadParams), vec!["/pages".to_owned()]);
        assert_eq!(pointers(ocr().check_params(Some(&wrong_range))), expected);
        let unread = json!({ "languages": ["eng", "tlh"] });
        let expected = (Some(ProblemCode::OcrNoEngine), vec!["/languages/1".to_owned()]);
        assert_eq!(pointers(ocr().check_params(Some(&unread))), expected);
        let odd = json!({ "languages": ["eng", "../rus"] });
        let expected = (Some(ProblemCode::ServiceBadParams), vec!["/languages/1".to_owned()]);
        assert_eq!(pointers(ocr().check_params(Some(&odd))), expected);
    }

    #[test]
    fn models_that_may_not_be_pulled_are_asked_for() {
        let mut config = Config::in_dir("data");
        (config.models.dir, config.models.auto_pull) = ("no-such-folder".into(), false);
        let ocr = Ocr::new(&config);
        let params = ocr.check_params(None).unwrap_or_default();
        assert!(ocr.missing(&params).is_some());
        let error = ocr.prepare(&params).err();
        assert!(error.is_some_and(|error| {
            error.code == ProblemCode::OcrModelMissing && error.detail.contains("d2d models pull")
        }));
        let named = ocr.check_params(Some(&json!({ "engine": "ppocr" })));
        assert_eq!(pointers(named), (Some(ProblemCode::OcrNoEngine), vec!["/engine".to_owned()]));
    }
}
