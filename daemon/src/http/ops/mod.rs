//! The ops service: what operators see and steer.

mod backup;
mod dead_letters;
mod overview;
mod tasks;
mod watch;

use poem_openapi::OpenApi;

use super::AppState;
use super::docs::About;

/// The service, for its documentation.
pub(super) const ABOUT: About = About {
    name: "ops",
    title: "data2data: ops",
    description: "The whole service, for operators.\n\n\
        With the token of an operator; or without any on the local Unix socket, where root, the daemon's own user and the \
        members of the group `data2data` are operators.",
};

/// Its operations.
pub(super) fn api(state: &AppState) -> impl OpenApi + use<> {
    (
        overview::OverviewApi(state.system.clone()),
        tasks::TasksApi(state.system.clone()),
        dead_letters::DeadLettersApi(state.system.clone()),
        watch::WatchApi(state.clone()),
        backup::BackupApi::new(state.system.clone()),
    )
}
