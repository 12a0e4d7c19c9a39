//! Request bodies: JSON of bounded size whose every fault is told with a JSON pointer, and the forms of OAuth 2.

use std::marker::PhantomData;
use std::time::Duration;

use d2d_api::{Check, FieldError, ProblemCode};
use poem::error::ReadBodyError;
use poem::http::Method;
use poem::http::header::CONTENT_TYPE;
use poem::web::Form;
use poem::{Body, FromRequest, Request, RequestBody, Result};
use poem_openapi::payload::{self, Payload};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use tokio::time::timeout;

use super::problem::Failure;

/// The most bytes of a body that is read as a whole.
const LARGEST: usize = 1 << 20;
/// How long it may take if the routes say nothing of that.
const USUAL_STALL: Duration = Duration::from_secs(60);
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// How long a client may send nothing of a body; one that is read as a whole has to be here within it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stall(pub(super) Duration);

impl Stall {
    /// That of a request.
    pub(super) fn of(request: &Request) -> Duration {
        request.data::<Self>().map_or(USUAL_STALL, |stall| stall.0)
    }
}

/// A JSON body, well-formed and [checked](Check).
pub(super) struct JsonBody<T>(pub(super) T);

/// What OAuth 2 has sent as a form, here also as JSON. Fields that are not known are passed over, as OAuth 2 wants it. It is
/// described as an `S`.
pub(super) struct OAuthBody<T, S = T>(pub(super) T, PhantomData<fn() -> S>);

impl<'a, T: DeserializeOwned + Check + Type> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(request_meta::<T>(&[JSON]))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        if !is_json(request) {
            return Err(unsupported(request, JSON).into());
        }
        let value: T = parse(&read(request, body).await?)?;
        let wrong = value.check();
        if wrong.is_empty() { Ok(Self(value)) } else { Err(Failure::fields(wrong).into()) }
    }
}

impl<'a, T: DeserializeOwned, S: Type> ApiExtractor<'a> for OAuthBody<T, S> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        S::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(request_meta::<S>(&[FORM, JSON]))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let value = oauth(request, body).await.map_err(|failure| failure.with_oauth_error("invalid_request"))?;
        Ok(Self(value, PhantomData))
    }
}

async fn oauth<T: DeserializeOwned>(request: &Request, body: &mut RequestBody) -> Result<T, Failure> {
    if is_json(request) {
        return parse(&read(request, body).await?);
    }
    if !<payload::Form<Value> as Payload>::check_content_type(request.content_type().unwrap_or_default()) {
        return Err(unsupported(request, &format!("{FORM}` or `{JSON}")));
    }
    let form = Request::builder().method(Method::POST).header(CONTENT_TYPE, FORM).body(read(request, body).await?);
    let (form, mut body) = form.split();
    let Form(fields) = <Form<Vec<(String, String)>> as FromRequest>::from_request(&form, &mut body)
        .await
        .map_err(|error| Failure::new(ProblemCode::RequestMalformed, error.to_string()))?;
    let fields = fields.into_iter().map(|(name, value)| (name, Value::String(value)));
    serde_path_to_error::deserialize(Value::Object(fields.collect())).map_err(|error| invalid(&error))
}

fn request_meta<T: Type>(media_types: &[&'static str]) -> MetaRequest {
    let content = media_types.iter().map(|content_type| MetaMediaType { content_type, schema: T::schema_ref() });
    MetaRequest { description: None, content: content.collect(), required: true }
}

fn is_json(request: &Request) -> bool {
    request.content_type().is_some_and(<payload::Json<Value> as Payload>::check_content_type)
}

fn unsupported(request: &Request, expected: &str) -> Failure {
    let given = request.content_type().map_or_else(|| "no type".to_owned(), |given| format!("`{given}`"));
    let detail = format!("the body is of {given}: send it as `{expected}` and say so in `Content-Type`");
    Failure::new(ProblemCode::RequestUnsupportedMediaType, detail)
}

async fn read(request: &Request, body: &mut RequestBody) -> Result<bytes::Bytes, Failure> {
    let body: Body = body.take().map_err(|error| Failure::internal(&error))?;
    let within = Stall::of(request);
    let read = timeout(within, body.into_bytes_limit(LARGEST)).await.map_err(|_| {
        let detail = format!("the body was not here within {} s: send it in one go", within.as_secs_f64());
        Failure::new(ProblemCode::RequestTimeout, detail)
    })?;
    read.map_err(|error| match error {
        ReadBodyError::PayloadTooLarge => {
            Failure::new(ProblemCode::RequestTooLarge, format!("the body has more than {LARGEST} bytes"))
        }
        other => Failure::new(ProblemCode::RequestMalformed, format!("the body can't be read: {other}")),
    })
}

/// Parses JSON: what is no JSON is malformed, JSON of another shape is invalid at a place.
fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Failure> {
    let json: Value = serde_json::from_slice(text).map_err(|error| malformed(&error))?;
    // It would be taken as the fields of an object, in their order.
    if json.is_array() {
        return Err(Failure::fields(vec![FieldError::new("", "is an array: send an object")]));
    }
    serde_path_to_error::deserialize(json).map_err(|error| invalid(&error))
}

fn malformed(error: &serde_json::Error) -> Failure {
    Failure::new(ProblemCode::RequestMalformed, format!("the body is not JSON: {error}"))
}

fn invalid(error: &serde_path_to_error::Error<serde_json::Error>) -> Failure {
    Failure::fields(vec![FieldError::new(pointer(error.path()), without_position(error.inner()))])
}

/// The JSON pointer (RFC 6901) to a place.
fn pointer(path: &Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The message of `error` without the line and column, which mean little to who sent one line.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}

#[cfg(test)]
mod tests {
    use d2d_api::NewTask;

    use super::*;

    fn fault(text: &str) -> (ProblemCode, Vec<String>) {
        let failure = parse::<NewTask>(text.as_bytes()).unwrap_err();
        (failure.code, failure.errors.into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn faults_point_to_their_place() {
        let invalid = |pointer: &str| (ProblemCode::RequestInvalid, vec![pointer.to_owned()]);
        assert_eq!(fault(r#"{"service":"ocr","files":{"expected":"x"}}"#), invalid("/files/expected"));
        assert_eq!(fault(r#"{"service":"ocr","files":{"a/b":1}}"#), invalid("/files/a~1b"));
        assert_eq!(fault(r#"{"service":"ocr","lable":"x"}"#), invalid("/lable"));
        assert_eq!(fault(r"{}"), invalid(""));
        assert_eq!(fault("[]"), invalid(""));
        assert_eq!(fault(r#"["ocr"]"#), invalid(""));
        assert_eq!(fault(r#"{"service":"ocr","priority":"high"}"#), invalid("/priority"));
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for text in ["", "{", r#"{"service":"ocr"} x"#, "\u{0}"] {
            assert_eq!(fault(text), (ProblemCode::RequestMalformed, vec![]), "{text}");
        }
    }
}
