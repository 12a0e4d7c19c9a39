//! The body of a request that brings bytes of an upload.

use d2d_api::ProblemCode;
use poem::http::header::CONTENT_LENGTH;
use poem::{Body, Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::http::problem::Failure;
use crate::http::uploads::body::BodyStream;
use crate::http::uploads::digest::Digests;

const MEDIA_TYPE: &str = "application/offset+octet-stream";

/// The body, unread. Whether there has to be one is for the documentation.
pub(super) struct ChunkBody<const REQUIRED: bool> {
    /// Its bytes.
    pub(super) stream: BodyStream,
    /// What `Content-Length` says; nothing is done because of it but refusing early.
    pub(super) declared_bytes: Option<u64>,
    media_type: Option<String>,
}

impl<const REQUIRED: bool> ChunkBody<REQUIRED> {
    /// Whether it says to be bytes of an upload; to be nothing at all says that it is not.
    ///
    /// # Errors
    /// `request.unsupported_media_type` if it says to be something else.
    pub(super) fn is_chunk(&self) -> Result<bool, Failure> {
        match &self.media_type {
            Some(media_type) if media_type.eq_ignore_ascii_case(MEDIA_TYPE) => Ok(true),
            _ if !REQUIRED && self.declared_bytes.unwrap_or_default() == 0 => Ok(false),
            other => {
                let given = other.as_ref().map_or_else(|| "no type".to_owned(), |given| format!("`{given}`"));
                let detail = format!("the body is of {given}: send it as `{MEDIA_TYPE}` and say so in `Content-Type`");
                Err(Failure::new(ProblemCode::RequestUnsupportedMediaType, detail))
            }
        }
    }
}

impl<'a, const REQUIRED: bool> ApiExtractor<'a> for ChunkBody<REQUIRED> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(_registry: &mut Registry) {}

    fn request_meta() -> Option<MetaRequest> {
        let schema = MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary")));
        Some(MetaRequest {
            description: Some("The bytes from the offset on."),
            content: vec![MetaMediaType { content_type: MEDIA_TYPE, schema }],
            required: REQUIRED,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let body: Body = body.take()?;
        let media_type = request.content_type().map(|given| given.split(';').next().unwrap_or_default().trim());
        Ok(Self {
            stream: BodyStream::new(body, request, Digests::default()),
            declared_bytes: header(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            media_type: media_type.map(str::to_owned),
        })
    }
}
