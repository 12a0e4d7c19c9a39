//! The headers of the protocol: those of requests as typed parameters, and how those of answers are written.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, Utc};
use d2d_api::ProblemCode;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::protocol::VERSION;
use crate::http::problem::Failure;

/// The largest number of bytes that is understood: what JavaScript and JSON can say.
const MOST_BYTES: u64 = (1 << 53) - 1;
/// Reads Base64 that ends in bits that are not 0, too: some encoders leave them as they are.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// What a header of the request says. One that can't be read makes the request malformed.
pub(super) struct Sent<T>(pub(super) T);

/// What a header can say.
pub(super) trait FromHeader: Sized {
    /// Whether it has to be there.
    const REQUIRED: bool = true;

    /// How it is documented.
    fn schema() -> MetaSchema;

    /// What the text says, or what it should be.
    fn parse(text: &str) -> Result<Self, String>;

    /// What it says by not being there.
    fn missing() -> Option<Self> {
        None
    }
}

impl<T: FromHeader> FromHeader for Option<T> {
    const REQUIRED: bool = false;

    fn schema() -> MetaSchema {
        T::schema()
    }

    fn parse(text: &str) -> Result<Self, String> {
        T::parse(text).map(Some)
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

/// A number of bytes.
impl FromHeader for u64 {
    fn schema() -> MetaSchema {
        let (minimum, maximum) = (Some(0.0), Some(MOST_BYTES as f64));
        MetaSchema { minimum, maximum, ..MetaSchema::new_with_format("integer", "int64") }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let count = text.parse().ok().filter(|count| digits && *count <= MOST_BYTES);
        count.ok_or_else(|| "has to be a number of bytes".to_owned())
    }
}

/// The version of the protocol, which [`super::Protocol`] has checked.
pub(super) struct Version;

impl FromHeader for Version {
    fn schema() -> MetaSchema {
        MetaSchema { enum_items: vec![VERSION.into()], ..MetaSchema::new("string") }
    }

    fn parse(_text: &str) -> Result<Self, String> {
        Ok(Self)
    }
}

/// The length of the upload will be said later.
pub(super) struct Deferred;

impl FromHeader for Deferred {
    fn schema() -> MetaSchema {
        MetaSchema { enum_items: vec!["1".into()], ..MetaSchema::new("string") }
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text == "1" { Ok(Self) } else { Err("has to be `1`".to_owned()) }
    }
}

impl<'a, T: FromHeader> ApiExtractor<'a> for Sent<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = T::REQUIRED;

    type ParamType = ();
    type ParamRawType = ();

    fn register(_registry: &mut Registry) {}

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(T::schema())))
    }

    fn param_raw_type(&self) -> Option<&Self::ParamRawType> {
        None
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let mut values = request.headers().get_all(options.name).iter();
        let read = match (values.next(), values.next()) {
            (None, _) => T::missing().ok_or_else(|| "is missing".to_owned()),
            (Some(value), None) => value.to_str().map_err(|_| "has to be plain text".to_owned()).and_then(T::parse),
            (Some(_), Some(_)) => Err("is there twice".to_owned()),
        };
        Ok(Self(read.map_err(|fault| malformed(&format!("the header `{}` {fault}", options.name)))?))
    }
}

/// The bytes that Base64 stands for.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

/// The refusal of a request that can't be read.
pub(super) fn malformed(detail: &str) -> Failure {
    Failure::new(ProblemCode::RequestMalformed, detail)
}

/// A time as HTTP writes it (RFC 9110 section 5.6.7).
pub(super) fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers_are_numbers() {
        assert_eq!(u64::parse("0"), Ok(0));
        assert_eq!(u64::parse("9007199254740991"), Ok(9_007_199_254_740_991));
        for other in ["", "+1", "-1", " 1", "1.0", "0x10", "9007199254740992", "99999999999999999999"] {
            assert!(u64::parse(other).is_err(), "{other}");
        }
    }

    #[test]
    fn times_are_written_as_http_does() {
        let time = DateTime::from_timestamp(784_111_777, 0).unwrap();
        assert_eq!(http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
