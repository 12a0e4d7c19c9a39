//! The outermost layer: names the request, opens its span, catches panics, and writes every error out as a problem.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures_util::FutureExt;
use poem::error::ResponseError;
use poem::http::header::{ALLOW, CONNECTION, HeaderValue};
use poem::http::{Method, StatusCode, Uri};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result};
use tracing::Instrument;

use super::closing::Closing;
use super::line;
use super::problem::{self, Failure};
use super::request_id::{self, RequestId};

/// The outermost layer.
pub(super) struct Edge(pub(super) Closing);

/// An endpoint behind it.
pub(super) struct EdgeEndpoint<E> {
    inner: E,
    closing: Closing,
}

impl<E: Endpoint> Middleware<E> for Edge {
    type Output = EdgeEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        EdgeEndpoint { inner, closing: self.0.clone() }
    }
}

impl<E: Endpoint> Endpoint for EdgeEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let id = RequestId::of(&request);
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        request.set_data(id.clone());
        let under_way = line::under_way(&request);
        request.set_data(self.closing.answer());
        let span = tracing::info_span!("request", request.id = %id, http.method = %method, http.path = %path);
        async {
            let started = Instant::now();
            let uri = request.uri().clone();
            let response = settle(&self.inner, request).await;
            let mut response = problem::finish(response, id.as_str());
            if response.status() == StatusCode::METHOD_NOT_ALLOWED && !response.headers().contains_key(ALLOW) {
                name_methods(&self.inner, uri, &mut response).await;
            }
            if let Some(value) = id.header_value() {
                response.headers_mut().insert(request_id::HEADER, value);
            }
            let lasts = lasts(&response);
            if lasts {
                under_way.lasts();
            }
            // A stream of events has its connection for itself; and who goes down keeps none.
            if lasts && response.status() == StatusCode::OK || self.closing.is_leaving() {
                response.headers_mut().entry(CONNECTION).or_insert(HeaderValue::from_static("close"));
            }
            report(&path, response.status(), started);
            Ok(response)
        }
        .instrument(span)
        .await
    }
}

/// Whether the answer goes on for as long as its client likes: a websocket or a stream of events.
fn lasts(response: &Response) -> bool {
    let is_events = |kind: &str| kind.starts_with("text/event-stream");
    response.status() == StatusCode::SWITCHING_PROTOCOLS || response.content_type().is_some_and(is_events)
}

/// Adds the methods that the address knows (RFC 9110 section 15.5.6), as it tells them itself: those that were refused by
/// the router, which knows no others.
async fn name_methods<E: Endpoint>(endpoint: &E, uri: Uri, refusal: &mut Response) {
    let options = settle(endpoint, Request::builder().method(Method::OPTIONS).uri(uri).finish()).await;
    if let Some(allow) = options.headers().get(ALLOW) {
        refusal.headers_mut().insert(ALLOW, allow.clone());
    }
}

/// What the endpoint answers, whatever happens in it.
async fn settle<E: Endpoint>(endpoint: &E, request: Request) -> Response {
    match AssertUnwindSafe(endpoint.call(request)).catch_unwind().await {
        Ok(Ok(answer)) => answer.into_response(),
        Ok(Err(error)) => problem::of_error(&error).as_response(),
        Err(panic) => Failure::internal(&what_panicked(&*panic)).as_response(),
    }
}

fn what_panicked(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("without a message"))
}

/// One line per request. The probes come every few seconds, and a backup reads each blob: they are of interest only when
/// they fail.
fn report(path: &str, status: StatusCode, started: Instant) {
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let usual = matches!(path, "/healthz" | "/readyz") || path.starts_with("/api/v1/ops/backup/");
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE) {
        tracing::warn!(http.status = status.as_u16(), duration_ms, "request refused for now");
    } else if status.is_server_error() {
        tracing::error!(http.status = status.as_u16(), duration_ms, "request failed");
    } else if usual {
        tracing::debug!(http.status = status.as_u16(), duration_ms, "request answered");
    } else {
        tracing::info!(http.status = status.as_u16(), duration_ms, "request answered");
    }
}

#[cfg(test)]
mod tests {
    use d2d_api::{Problem, ProblemCode};
    use poem::endpoint::make_sync;
    use poem::{EndpointExt, Route};

    use super::*;

    #[allow(clippy::panic)] // it is the panic of a handler that is tested
    fn routes() -> impl Endpoint<Output = Response> {
        Route::new()
            .at("/panic", make_sync(|_| -> String { panic!("inner secret") }))
            .at("/fine", make_sync(|_| "fine"))
            .with(Edge(Closing::default()))
    }

    async fn get(path: &'static str) -> Response {
        let request = Request::builder().uri(Uri::from_static(path)).header("x-request-id", "abc").finish();
        routes().get_response(request).await
    }

    #[tokio::test]
    async fn every_answer_names_its_request() {
        assert_eq!(get("/fine").await.header("x-request-id"), Some("abc"));
        let answer = get("/nowhere").await;
        assert_eq!((answer.status(), answer.header("x-request-id")), (StatusCode::NOT_FOUND, Some("abc")));
        let problem: Problem = answer.into_body().into_json().await.unwrap();
        assert_eq!((problem.code, problem.request_id.as_str()), (ProblemCode::RequestNotFound, "abc"));
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_of_the_service() {
        let answer = get("/panic").await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let problem: Problem = answer.into_body().into_json().await.unwrap();
        assert_eq!(problem.code, ProblemCode::Internal);
        assert!(!problem.detail.contains("inner secret"));
    }
}
