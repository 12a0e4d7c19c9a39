//! The downloads service: the results of tasks.

mod disposition;
mod file;
mod manifest;
mod range;

use poem_openapi::OpenApi;

use super::AppState;
use super::docs::About;

/// The service, for its documentation.
pub(super) const ABOUT: About = About {
    name: "downloads",
    title: "data2data: downloads",
    description: "The results of your tasks.\n\n\
        When a task has ended in `success`, `GET /downloads/tasks/{id}` lists its result files, and each can be fetched, \
        also in parts (`Range`), and checked (`Repr-Digest`).",
};

/// Its operations.
pub(super) fn api(state: &AppState) -> impl OpenApi + use<> {
    (manifest::ManifestApi(state.system.clone()), file::FileApi(state.system.clone()))
}
