//! Parameters in the path of an address. One that can't be read names nothing, so the answer is 404, as for one that can.

use d2d_api::{ArtifactId, FileId, ProblemCode, TaskId, UploadId};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchemaRef, Registry};
use poem_openapi::types::ParseFromParameter;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::problem::Failure;

/// A parameter in the path.
pub(super) struct Path<T>(pub(super) T);

/// What can stand in a path.
pub(super) trait PathParam: ParseFromParameter {
    /// What there is none of if the text can't be read: the code and the words for it.
    const MISSING: (ProblemCode, &'static str);
}

impl PathParam for TaskId {
    const MISSING: (ProblemCode, &'static str) = (ProblemCode::TaskNotFound, "there is no such task among yours");
}

impl PathParam for FileId {
    const MISSING: (ProblemCode, &'static str) = (ProblemCode::UploadFileNotFound, "there is no such file in the task");
}

impl PathParam for ArtifactId {
    const MISSING: (ProblemCode, &'static str) =
        (ProblemCode::DownloadNotFound, "there is no such result file in the task");
}

impl PathParam for UploadId {
    const MISSING: (ProblemCode, &'static str) =
        (ProblemCode::UploadNotFound, "there is no such upload among yours: begin another one");
}

/// The name of an account or a conversion service: any text can be read.
impl PathParam for String {
    const MISSING: (ProblemCode, &'static str) = (ProblemCode::RequestNotFound, "there is nothing of that name");
}

impl<'a, T: PathParam> ApiExtractor<'a> for Path<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = true;

    type ParamType = T;
    type ParamRawType = T::RawValueType;

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Path)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(T::schema_ref())
    }

    fn param_raw_type(&self) -> Option<&Self::ParamRawType> {
        self.0.as_raw_value()
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        options: ExtractParamOptions<Self::ParamType>,
    ) -> Result<Self> {
        let (code, detail) = T::MISSING;
        let value = T::parse_from_parameters(request.raw_path_param(options.name));
        value.map(Self).map_err(|_| Failure::new(code, detail).into())
    }
}
