//! The downloads service: the results of tasks.

mod archive;
mod condition;
mod content;
mod disposition;
mod door;
mod file;
mod link;
mod manifest;
mod range;
mod zip;

use poem_openapi::OpenApi;

use super::AppState;
use super::docs::About;
pub(super) use content::read as read_result;

/// The service, for its documentation.
pub(super) const ABOUT: About = About {
    name: "downloads",
    title: "data2data: downloads",
    description: "The results of your tasks.\n\n\
        When a task has ended in `success`, `GET /downloads/tasks/{id}` lists its result files. Each can be fetched, \
        also in parts (`Range`), and checked (`Repr-Digest`); `GET /downloads/tasks/{id}/archive` has all of them as a ZIP. \
        With a link (`POST .../link`) a result can be fetched without a token, for example by a browser. Results are \
        removed at `expires_at`; after that the answer is 410.",
};

/// Its operations.
pub(super) fn api(state: &AppState) -> impl OpenApi + use<> {
    (
        manifest::ManifestApi(state.system.clone()),
        file::FileApi(state.clone()),
        archive::ArchiveApi::new(state.clone()),
        link::LinkApi(state.clone()),
    )
}
