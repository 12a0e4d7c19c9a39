//! All routes, put together.

use std::sync::Arc;

use d2d_actors::System;
use poem::endpoint::BoxEndpoint;
use poem::{Endpoint, EndpointExt, Response, Route};
use poem_openapi::{OpenApi, OpenApiService};

use super::operations::Operations;
use super::{Auth, auth, docs, downloads, edge::Edge, health, ocr, ops, peer, tasks, uploads};

/// Where the services are.
pub(super) const PREFIX: &str = "/api/v1";

/// What handlers need. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState {
    /// The actors and the store.
    pub(crate) system: System,
    /// Accounts and tokens.
    pub(crate) auth: Arc<Auth>,
}

/// All routes, for TCP: callers are who their token says.
pub(crate) fn app(state: AppState) -> impl Endpoint<Output = Response> {
    routes(&state).with(Edge)
}

/// All routes, for the Unix socket behind a [`super::PeerAcceptor`]: root, the daemon's own user and the members of the
/// group `data2data` are operators without a token; others need one, as over TCP.
pub(crate) fn local_app(state: AppState) -> impl Endpoint<Output = Response> {
    routes(&state).before(peer::recognise).with(Edge)
}

fn routes(state: &AppState) -> Route {
    let state = || state.clone();
    let api = (
        auth::api(state()),
        uploads::api(state()),
        ocr::api(state()),
        tasks::api(state()),
        downloads::api(state()),
        ops::api(state()),
    );
    Route::new()
        .nest(PREFIX, OpenApiService::new(Operations(api), "", ""))
        .nest(format!("{PREFIX}/auth"), docs::pages(auth::service(state())))
        .at("/healthz", health::healthz(state()))
        .at("/readyz", health::readyz(state()))
}
