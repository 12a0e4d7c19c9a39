//! What the protocol asks of every request and answer at its addresses: the version in both, and
//! `X-HTTP-Method-Override`. Works on the routes as a whole, so that refusals of any kind say the version, too.

use d2d_api::ProblemCode;
use poem::error::ResponseError;
use poem::http::header::{HeaderName, HeaderValue};
use poem::http::{HeaderMap, Method};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result};

use super::header::malformed;
use crate::http::app::PREFIX;
use crate::http::problem::{self, Failure};

/// The version of the protocol.
pub(super) const VERSION: &str = "1.0.0";

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// The layer.
pub(in crate::http) struct Protocol;

/// An endpoint behind it.
pub(in crate::http) struct ProtocolEndpoint<E>(E);

impl<E: Endpoint> Middleware<E> for Protocol {
    type Output = ProtocolEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        ProtocolEndpoint(inner)
    }
}

impl<E: Endpoint> Endpoint for ProtocolEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let Some(methods) = methods(request.uri().path()) else {
            return self.0.call(request).await.map(IntoResponse::into_response);
        };
        let answer = match admit(&mut request, methods) {
            Ok(()) => self.0.call(request).await.map(IntoResponse::into_response),
            Err(failure) => Err(failure.into()),
        };
        Ok(say_version(answer))
    }
}

/// The methods of the protocol at an address, but for OPTIONS; `None` where it is not spoken.
fn methods(path: &str) -> Option<&'static [Method]> {
    const BEGIN: &[Method] = &[Method::POST];
    const GO_ON: &[Method] = &[Method::HEAD, Method::PATCH, Method::DELETE];
    let mut segments = path.strip_prefix(PREFIX)?.strip_prefix("/uploads/")?.split('/');
    match [segments.next(), segments.next(), segments.next(), segments.next()] {
        [Some("tus"), Some(_), None, None] => Some(GO_ON),
        [Some("tasks"), Some(_), Some("tus"), None] => Some(BEGIN),
        _ => None,
    }
}

/// Gives the request the method that it means, and refuses versions that are not spoken here.
fn admit(request: &mut Request, methods: &[Method]) -> Result<(), Failure> {
    if let Some(meant) = request.headers().get(METHOD_OVERRIDE) {
        let meant = Method::from_bytes(meant.as_bytes());
        request.set_method(meant.map_err(|_| malformed("the header `X-HTTP-Method-Override` has to be a method"))?);
    }
    let spoken = request.headers().get(TUS_RESUMABLE).is_some_and(|version| version == VERSION);
    if spoken || !methods.contains(request.method()) {
        return Ok(());
    }
    let detail = format!("this is tus {VERSION}: send `Tus-Resumable: {VERSION}`");
    let failure = Failure::new(ProblemCode::UploadUnsupportedVersion, detail);
    Err(failure.with_header(TUS_VERSION, HeaderValue::from_static(VERSION)))
}

/// The answer, or the failure, with the version in its headers.
fn say_version(answer: Result<Response>) -> Response {
    let version = HeaderValue::from_static(VERSION);
    let failure = match &answer {
        Ok(response) => response.data::<Failure>().cloned(),
        Err(error) => Some(problem::of_error(error)),
    };
    match (failure, answer) {
        (Some(failure), _) => failure.with_header(TUS_RESUMABLE, version).as_response(),
        (None, Ok(mut response)) => {
            response.headers_mut().extend(HeaderMap::from_iter([(TUS_RESUMABLE, version)]));
            response
        }
        (None, Err(error)) => problem::of_error(&error).as_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_addresses_speak_it() {
        assert_eq!(methods("/api/v1/uploads/tus/x").map(<[_]>::len), Some(3));
        assert_eq!(methods("/api/v1/uploads/tasks/x/tus").map(<[_]>::len), Some(1));
        for other in
            ["/api/v1/uploads/tus", "/api/v1/uploads/tus/x/y", "/api/v1/uploads/tasks/x/files", "/uploads/tus/x", "/"]
        {
            assert_eq!(methods(other), None, "{other}");
        }
    }

    #[test]
    fn the_method_that_is_meant_counts() {
        let mut request = Request::builder()
            .method(Method::POST)
            .header(METHOD_OVERRIDE, "PATCH")
            .header(TUS_RESUMABLE, VERSION)
            .finish();
        assert!(admit(&mut request, &[Method::PATCH]).is_ok());
        assert_eq!(request.method(), Method::PATCH);
        request.headers_mut().remove(TUS_RESUMABLE);
        let refused = admit(&mut request, &[Method::PATCH]).unwrap_err();
        assert_eq!(refused.code, ProblemCode::UploadUnsupportedVersion);
        assert!(
            admit(&mut request, &[Method::HEAD]).is_ok(),
            "what is not of the protocol is for the routes to refuse"
        );
    }
}
