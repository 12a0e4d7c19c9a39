//! The probes of systemd and load balancers: whether the daemon lives, and whether it takes work.

use d2d_api::ProblemCode;
use poem::endpoint::make;
use poem::http::header::CACHE_CONTROL;
use poem::{Endpoint, IntoResponse, Response, Result, get};
use serde_json::json;

use super::AppState;
use super::problem::Failure;

/// `GET /healthz`: answers after a round trip through the supervision tree. A failure wants a restart.
pub(super) fn healthz(state: &AppState) -> impl Endpoint + use<> {
    let system = state.system.clone();
    get(make(move |_| {
        let system = system.clone();
        async move {
            let answer = system.ping().await;
            answer.map(|()| ok()).map_err(|error| poem::Error::from(unavailable(&error.to_string())))
        }
    }))
}

/// `GET /readyz`: whether requests should be sent here; not while the daemon goes down, nor while the database can't be read.
pub(super) fn readyz(state: &AppState) -> impl Endpoint + use<> {
    let system = state.system.clone();
    get(make(move |_| {
        let system = system.clone();
        async move { ready(&system).await }
    }))
}

async fn ready(system: &d2d_actors::System) -> Result<Response> {
    if system.is_draining() {
        return Err(unavailable("the service is going down").into());
    }
    system.overview().await.map_err(Failure::from)?;
    Ok(ok())
}

fn ok() -> Response {
    poem::web::Json(json!({ "status": "ok" })).with_header(CACHE_CONTROL, "no-store").into_response()
}

fn unavailable(detail: &str) -> Failure {
    Failure::new(ProblemCode::ServiceUnavailable, detail)
}
