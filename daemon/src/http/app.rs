//! All routes, put together.

use std::sync::Arc;

use d2d_actors::System;
use poem::{Endpoint, EndpointExt, Response, Route, get};
use poem_openapi::OpenApiService;

use super::closing::Closing;
use super::docs::Pages;
use super::edge::Edge;
use super::operations::Operations;
use super::payload::Stall;
use super::{Auth, auth, downloads, health, ocr, ops, peer, tasks, uploads};

/// Where the services are.
pub(super) const PREFIX: &str = "/api/v1";

/// What handlers need. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState {
    /// The actors and the store.
    pub(crate) system: System,
    /// Accounts and tokens.
    pub(crate) auth: Arc<Auth>,
    /// What is to be known when the daemon goes down.
    pub(crate) closing: Closing,
}

impl AppState {
    /// What handlers of this system need.
    pub(crate) fn new(system: System, auth: Auth) -> Self {
        Self { closing: Closing::of(&system), system, auth: Arc::new(auth) }
    }
}

/// All routes, for TCP: callers are who their token says.
pub(crate) fn app(state: &AppState) -> impl Endpoint<Output = Response> + use<> {
    routes(state).with(Edge(state.closing.clone()))
}

/// All routes, for the Unix socket behind a [`super::PeerAcceptor`]: root, the daemon's own user and the members of the
/// group `data2data` are operators without a token; others need one, as over TCP.
pub(crate) fn local_app(state: &AppState) -> impl Endpoint<Output = Response> + use<> {
    routes(state).before(peer::recognise).with(Edge(state.closing.clone()))
}

fn routes(state: &AppState) -> impl Endpoint<Output = Response> + use<> {
    let api = (
        Operations::new(&auth::ABOUT, auth::api(state)),
        Operations::new(&uploads::ABOUT, uploads::api(state)),
        Operations::new(&ocr::ABOUT, ocr::api(state)),
        Operations::new(&tasks::ABOUT, tasks::api(state)),
        Operations::new(&downloads::ABOUT, downloads::api(state)),
        Operations::new(&ops::ABOUT, ops::api(state)),
    );
    let pages = Pages::of_all(&api).routes();
    let route =
        pages.into_iter().fold(Route::new(), |route, (name, page)| route.at(format!("{PREFIX}/{name}"), get(page)));
    route
        .nest(PREFIX, OpenApiService::new(api, "data2data", env!("CARGO_PKG_VERSION")))
        .at("/healthz", health::healthz(state))
        .at("/readyz", health::readyz(state))
        .data(Arc::clone(&state.auth))
        .data(Stall(state.system.config().http.stall))
        .with(uploads::TusProtocol)
}
