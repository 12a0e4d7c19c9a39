//! The ocr service: what text recognition can do here.

use d2d_actors::System;
use d2d_api::{OcrFormat, OcrFormats, OcrLanguage, OcrLanguages, ProblemCode};
use d2d_ocr::languages::LANGUAGES;
use d2d_ocr::params::Format;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use super::AppState;
use super::caller::Signed;
use super::docs::{About, Tag};
use super::fails::{Fails, NoProblems, problems};
use super::problem::Failure;

/// The name that tasks for it are registered with.
const SERVICE: &str = "ocr";

/// The service, for its documentation.
pub(super) const ABOUT: About = About {
    name: SERVICE,
    title: "data2data: ocr",
    description: "Text recognition: scans, photos and PDFs in, their text out.\n\n\
        Register a task for `ocr` with the uploads service; here is what its parameters may be.",
};

/// Its operations.
pub(super) fn api(state: &AppState) -> impl OpenApi + use<> {
    OcrApi(state.system.clone())
}

struct OcrApi(System);

problems! {
    ParamsProblems: ServiceNotFound;
}

#[derive(ApiResponse)]
enum ParamsAnswer {
    /// The JSON Schema of the parameters.
    #[oai(status = 200)]
    Ok(Json<serde_json::Value>),
}

#[derive(ApiResponse)]
enum LanguagesAnswer {
    /// The languages.
    #[oai(status = 200)]
    Ok(Json<OcrLanguages>),
}

#[derive(ApiResponse)]
enum FormatsAnswer {
    /// The formats.
    #[oai(status = 200)]
    Ok(Json<OcrFormats>),
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(tag = "Tag::Recognition")]
impl OcrApi {
    /// Read the schema of the parameters
    ///
    /// A JSON Schema (2020-12) with all parameters, what they mean, and their defaults.
    #[oai(path = "/ocr/params", method = "get", operation_id = "get_ocr_params")]
    async fn params(&self, _caller: Signed) -> Result<ParamsAnswer, Fails<ParamsProblems>> {
        let service = self
            .0
            .registry()
            .get(SERVICE)
            .ok_or_else(|| Failure::new(ProblemCode::ServiceNotFound, "text recognition is not installed here"))?;
        Ok(ParamsAnswer::Ok(Json(service.info().params.clone())))
    }

    /// List the languages that can be read
    ///
    /// By the codes that the parameter `languages` takes.
    #[oai(path = "/ocr/languages", method = "get", operation_id = "list_ocr_languages")]
    async fn languages(&self, _caller: Signed) -> Result<LanguagesAnswer, Fails<NoProblems>> {
        let items = LANGUAGES
            .iter()
            .map(|language| OcrLanguage { code: language.code.to_owned(), name: language.name.to_owned() });
        Ok(LanguagesAnswer::Ok(Json(OcrLanguages { items: items.collect() })))
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
