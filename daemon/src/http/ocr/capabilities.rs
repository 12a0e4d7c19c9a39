//! What text recognition can do here.

use std::sync::Arc;

use d2d_actors::{ConversionService, System};
use d2d_api::{
    OcrEngine, OcrEngines, OcrFormat, OcrFormats, OcrLanguage, OcrLanguages, OcrModelPack, OcrParamsSchema, ProblemCode,
};
use d2d_ocr::engine::{EngineState, LanguageState, PackState, Survey};
use d2d_ocr::params::Format;
use d2d_ocr::settings::OcrSettings;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use super::SERVICE;
use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, NoProblems, problems};
use crate::http::problem::Failure;

pub(super) struct CapabilitiesApi(pub(super) System);

problems! {
    AbsentProblems: ServiceNotFound;
}

#[derive(ApiResponse)]
enum ParamsAnswer {
    /// The JSON Schema of the parameters.
    #[oai(status = 200, actual_type = "Json<OcrParamsSchema>")]
    Ok(Json<serde_json::Value>),
}

#[derive(ApiResponse)]
enum LanguagesAnswer {
    /// The languages.
    #[oai(status = 200)]
    Ok(Json<OcrLanguages>),
}

#[derive(ApiResponse)]
enum EnginesAnswer {
    /// The engines.
    #[oai(status = 200)]
    Ok(Json<OcrEngines>),
}

#[derive(ApiResponse)]
enum FormatsAnswer {
    /// The formats.
    #[oai(status = 200)]
    Ok(Json<OcrFormats>),
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(tag = "Tag::Recognition")]
impl CapabilitiesApi {
    /// Read the schema of the parameters
    ///
    /// A JSON Schema (2020-12) with all parameters, what they mean, and their defaults.
    #[oai(path = "/ocr/params", method = "get", operation_id = "get_ocr_params")]
    async fn params(&self, _caller: Signed) -> Result<ParamsAnswer, Fails<AbsentProblems>> {
        Ok(ParamsAnswer::Ok(Json(self.service()?.info().params.clone())))
    }

    /// List the languages that can be read
    ///
    /// By the codes that the parameter `languages` takes, each with the engines that read it. Only languages that can be
    /// read on this machine now are listed: installing data for tesseract makes them more, without a restart.
    #[oai(path = "/ocr/languages", method = "get", operation_id = "list_ocr_languages")]
    async fn languages(&self, _caller: Signed) -> Result<LanguagesAnswer, Fails<AbsentProblems>> {
        let items = self.survey()?.languages().into_iter().map(language).collect();
        Ok(LanguagesAnswer::Ok(Json(OcrLanguages { items })))
    }

    /// List the engines
    ///
    /// What each reads, what it needs, and whether it can be used on this machine now.
    #[oai(path = "/ocr/engines", method = "get", operation_id = "list_ocr_engines")]
    async fn engines(&self, _caller: Signed) -> Result<EnginesAnswer, Fails<AbsentProblems>> {
        let items = self.survey()?.engines().into_iter().map(engine).collect();
        Ok(EnginesAnswer::Ok(Json(OcrEngines { items })))
    }

    /// List the formats of results
    ///
    /// By the names that the parameter `formats` takes.
    #[oai(path = "/ocr/formats", method = "get", operation_id = "list_ocr_formats")]
    async fn formats(&self, _caller: Signed) -> Result<FormatsAnswer, Fails<NoProblems>> {
        let items = Format::ALL
            .iter()
            .map(|format| OcrFormat { name: format.name().to_owned(), media_type: format.media_type().to_owned() });
        Ok(FormatsAnswer::Ok(Json(OcrFormats { items: items.collect() })))
    }
}

impl CapabilitiesApi {
    fn service(&self) -> Result<&Arc<dyn ConversionService>, Failure> {
        let absent = || Failure::new(ProblemCode::ServiceNotFound, "text recognition is not installed here");
        self.0.registry().get(SERVICE).ok_or_else(absent)
    }

    /// A look at what the workers can use, by what they are told.
    fn survey(&self) -> Result<Survey, Failure> {
        let settings: OcrSettings = serde_json::from_value(self.service()?.pool().settings)
            .map_err(|error| Failure::new(ProblemCode::Internal, format!("the settings can't be read: {error}")))?;
        Ok(Survey::of(&settings, self.0.config().models.auto_pull))
    }
}

fn language(state: LanguageState) -> OcrLanguage {
    let engines = state.engines.iter().map(ToString::to_string).collect();
    OcrLanguage { code: state.code, name: state.name, engines }
}

fn engine(state: EngineState) -> OcrEngine {
    let pack = |pack: &PackState| OcrModelPack {
        name: pack.name.to_owned(),
        licence: pack.licence.to_owned(),
        bytes: pack.bytes,
        installed: pack.installed,
    };
    OcrEngine {
        name: state.name.to_string(),
        version: state.version,
        available: state.available,
        languages: state.languages,
        qualities: state.qualities.iter().map(|quality| quality.name().to_owned()).collect(),
        models: state.models.iter().map(pack).collect(),
        install: state.install,
    }
}
