//! An image as the body of a request, or in a form with the choices beside it.

use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use d2d_api::{OcrEngineChoice, OcrQuality};

use crate::http::uploads::UploadBody;

/// An image, unread.
pub(super) struct ImageBody(pub(super) UploadBody);

impl<'a> ApiExtractor<'a> for ImageBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        OcrQuality::register(registry);
        OcrEngineChoice::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let binary = || inline(MetaSchema::new_with_format("string", "binary"));
        let form = MetaSchema {
            properties: vec![
                ("file", binary()),
                ("languages", Vec::<String>::schema_ref()),
                ("quality", OcrQuality::schema_ref()),
                ("engine", OcrEngineChoice::schema_ref()),
                ("rotate", bool::schema_ref()),
                ("deskew", bool::schema_ref()),
                ("contrast", bool::schema_ref()),
                ("min_confidence", f64::schema_ref()),
            ],
            required: vec!["file"],
            ..MetaSchema::new("object")
        };
        let content =
            [("multipart/form-data", inline(form)), ("application/octet-stream", binary()), ("image/*", binary())];
        Some(MetaRequest {
            description: Some("The image as it is, or a form with the image and, if you like, the parameters."),
            content: content.map(|(content_type, schema)| MetaMediaType { content_type, schema }).into(),
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        UploadBody::from_request(request, body, options).await.map(Self)
    }
}

fn inline(schema: MetaSchema) -> MetaSchemaRef {
    MetaSchemaRef::Inline(Box::new(schema))
}
