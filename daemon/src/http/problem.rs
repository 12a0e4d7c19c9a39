//! The one place where errors become HTTP: RFC 9457 `application/problem+json` with a stable code.
//!
//! A [`Failure`] says what went wrong; everything that handlers call turns into one, and so does every error of poem
//! itself. It travels as an extension of an empty response, and [`super::edge`] writes it out with the request's id.

use d2d_actors::Refused;
use d2d_api::{FieldError, Problem, ProblemCode};
use d2d_store::StoreError;
use poem::error::{
    MethodNotAllowedError, NotFoundError, ParsePathError, ReadBodyError, ResponseError, UpgradeError, WebSocketError,
};
use poem::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use poem::http::{StatusCode, header};
use poem::{Body, Request, Response};
use poem_openapi::error::{
    AuthorizationError, ContentTypeError, ParseParamError, ParsePathError as ParseApiPathError,
    ParseRequestPayloadError,
};

use super::app::PREFIX;
use super::request_id::RequestId;

/// The media type of problems.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub(crate) struct Failure {
    /// The stable code, which gives status and title.
    pub(crate) code: ProblemCode,
    /// What went wrong here, and what to do.
    pub(crate) detail: String,
    /// The fields that are wrong.
    pub(crate) errors: Vec<FieldError>,
    /// The error code of OAuth 2 (RFC 6749 section 5.2), in answers to those who ask for tokens.
    oauth_error: Option<&'static str>,
    /// Headers of the answer, beside those that go with the code. Boxed, since few failures have any.
    headers: Option<Box<HeaderMap>>,
}

impl Failure {
    /// A failure with its code and what to do about it.
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), oauth_error: None, headers: None }
    }

    /// A failure for fields that are wrong.
    pub(crate) fn fields(errors: Vec<FieldError>) -> Self {
        Refused::fields(ProblemCode::RequestInvalid, errors).into()
    }

    /// A fault of the service itself: `error` goes to the log, not to the client.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed by a fault of the service");
        Self::new(
            ProblemCode::Internal,
            "the service failed to answer: try again later, or give the request id to its operator",
        )
    }

    /// The failure with one more header in its answer.
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.get_or_insert_default().insert(name, value);
        self
    }

    /// The failure with what clients of OAuth 2 look for in it.
    pub(super) fn with_oauth_error(self, error: &'static str) -> Self {
        Self { oauth_error: Some(error), ..self }
    }

    /// What clients of OAuth 2 find in it.
    pub(super) fn oauth_error(&self) -> Option<&'static str> {
        self.oauth_error
    }

    /// The problem document.
    pub(super) fn problem(&self, request_id: &str) -> Problem {
        Problem {
            errors: self.errors.clone(),
            request_id: request_id.to_owned(),
            error: self.oauth_error.map(str::to_owned),
            ..Problem::new(self.code, self.detail.clone())
        }
    }

    /// The whole answer as it goes over the wire, after which the connection is closed: for clients that there is no request
    /// of yet.
    pub(super) fn as_last_answer(&self) -> String {
        let id = RequestId::of(&Request::default());
        let body = serde_json::to_string(&self.problem(id.as_str())).unwrap_or_default();
        let retry = headers_of(self.code).filter(|(name, _)| name == RETRY_AFTER);
        let retry = retry.and_then(|(_, value)| Some(format!("Retry-After: {}\r\n", value.to_str().ok()?)));
        format!(
            "HTTP/1.1 {}\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {}\r\nConnection: close\r\n{}X-Request-Id: {id}\r\n\r\n{body}",
            self.status(),
            body.len(),
            retry.unwrap_or_default(),
        )
    }

    fn into_response(self, request_id: &str) -> Response {
        let body = Body::from_json(self.problem(request_id)).unwrap_or_else(|_| Body::empty());
        let mut response = Response::builder().status(self.status()).content_type(MEDIA_TYPE).body(body);
        response.headers_mut().extend(headers_of(self.code));
        response.headers_mut().extend(self.headers.into_iter().flat_map(|headers| *headers));
        response
    }
}

impl ResponseError for Failure {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn as_response(&self) -> Response {
        let mut response = Response::builder().status(self.status()).finish();
        response.set_data(self.clone());
        response
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let failure = Self { errors: refused.errors, ..Self::new(refused.code, refused.detail) };
        match refused.retry_after {
            Some(wait) => failure.with_header(RETRY_AFTER, HeaderValue::from(wait.as_secs())),
            None => failure,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Refused::from(error).into()
    }
}

/// The failure that an error of poem or of a handler stands for.
pub(super) fn of_error(error: &poem::Error) -> Failure {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.clone();
    }
    if let Some(ParseParamError { name, reason }) = error.downcast_ref() {
        return Failure::fields(vec![FieldError::new(format!("/query/{name}"), reason)]);
    }
    let code = if error.is::<ParseApiPathError>() || error.is::<ParsePathError>() || error.is::<NotFoundError>() {
        return nothing_here();
    } else if error.is::<ContentTypeError>() {
        ProblemCode::RequestUnsupportedMediaType
    } else if error.is::<AuthorizationError>() {
        ProblemCode::AuthMissingToken
    } else if error.is::<MethodNotAllowedError>() {
        ProblemCode::RequestMethodNotAllowed
    } else if error.is::<WebSocketError>() || error.is::<UpgradeError>() {
        return needs_websocket();
    } else if matches!(error.downcast_ref(), Some(ReadBodyError::PayloadTooLarge)) {
        ProblemCode::RequestTooLarge
    } else if error.is::<ParseRequestPayloadError>() || error.status().is_client_error() {
        ProblemCode::RequestMalformed
    } else {
        return Failure::internal(error);
    };
    Failure::new(code, error.to_string())
}

fn needs_websocket() -> Failure {
    Failure::new(
        ProblemCode::RequestNeedsWebsocket,
        "this address speaks WebSocket (RFC 6455): open it with a websocket client, version 13",
    )
    .with_header(header::UPGRADE, HeaderValue::from_static("websocket"))
}

/// Writes a response's failure out, if it has one; and makes one for an error that came without.
pub(super) fn finish(response: Response, request_id: &str) -> Response {
    if let Some(failure) = response.data::<Failure>() {
        return failure.clone().into_response(request_id);
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let failure = match status {
        StatusCode::NOT_FOUND => nothing_here(),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(ProblemCode::RequestMethodNotAllowed, "this address does not know this method")
        }
        status if status.is_client_error() => {
            Failure::new(ProblemCode::RequestMalformed, format!("the request can't be answered: {status}"))
        }
        status => Failure::internal(&status),
    };
    failure.into_response(request_id)
}

fn nothing_here() -> Failure {
    let detail = format!("there is nothing at this address: `{PREFIX}/tasks/doc` and its neighbours say what there is");
    Failure::new(ProblemCode::RequestNotFound, detail)
}

/// The headers that always go with a code.
fn headers_of(code: ProblemCode) -> Option<(HeaderName, HeaderValue)> {
    use ProblemCode as P;
    let (name, value) = match code {
        P::AuthMissingToken | P::AuthBadCredentials | P::AuthBadRefreshToken | P::AuthBadTicket => {
            (WWW_AUTHENTICATE, "Bearer realm=\"data2data\"")
        }
        P::AuthBadToken => (WWW_AUTHENTICATE, "Bearer realm=\"data2data\", error=\"invalid_token\""),
        P::AuthExpiredToken => (
            WWW_AUTHENTICATE,
            "Bearer realm=\"data2data\", error=\"invalid_token\", error_description=\"the token has expired\"",
        ),
        P::AuthRateLimited => (RETRY_AFTER, "2"),
        P::ServiceUnavailable | P::OcrModelMissing => (RETRY_AFTER, "5"),
        P::QueueFull | P::QuotaExceeded => (RETRY_AFTER, "30"),
        P::StorageFull => (RETRY_AFTER, "300"),
        _ => return None,
    };
    Some((name, HeaderValue::from_static(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn problem_of(response: Response) -> Problem {
        assert_eq!(response.content_type(), Some(MEDIA_TYPE));
        response.into_body().into_json().await.unwrap()
    }

    #[tokio::test]
    async fn errors_of_poem_become_problems() {
        let error = poem::Error::from(ParseParamError { name: "limit", reason: "not a number".to_owned() });
        let response = finish(of_error(&error).as_response(), "r1");
        assert_eq!(response.status(), 422);
        let problem = problem_of(response).await;
        assert_eq!((problem.code, problem.request_id.as_str()), (ProblemCode::RequestInvalid, "r1"));
        assert_eq!(problem.errors, [FieldError::new("/query/limit", "not a number")]);
    }

    #[tokio::test]
    async fn bare_statuses_become_problems_and_answers_stay() {
        let missing = finish(StatusCode::NOT_FOUND.into(), "r2");
        assert_eq!(problem_of(missing).await.code, ProblemCode::RequestNotFound);
        let fine = finish("text".into(), "r3");
        assert_eq!(fine.into_body().into_string().await.unwrap(), "text");
    }

    #[tokio::test]
    async fn faults_of_the_service_tell_clients_nothing() {
        let error = poem::Error::from_string("secret path", StatusCode::INTERNAL_SERVER_ERROR);
        let problem = problem_of(finish(of_error(&error).as_response(), "r4")).await;
        assert_eq!(problem.code, ProblemCode::Internal);
        assert!(!problem.detail.contains("secret"));
    }

    #[test]
    fn codes_bring_their_headers() {
        let response = Failure::new(ProblemCode::AuthMissingToken, "").into_response("r");
        assert_eq!(response.header(WWW_AUTHENTICATE), Some("Bearer realm=\"data2data\""));
        let response = Failure::new(ProblemCode::QueueFull, "").into_response("r");
        assert_eq!(response.header(RETRY_AFTER), Some("30"));
    }
}
