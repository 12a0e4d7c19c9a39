//! The uploads service: registering tasks and giving them their files.

mod batch;
mod body;
mod digest;
mod files;
mod idempotency;
mod receive;
mod services;
mod single;
mod tasks;
mod tus;

use poem_openapi::OpenApi;

use super::AppState;
use super::docs::About;
pub(super) use tus::Protocol as TusProtocol;

pub(super) use body::UploadBody;
pub(super) use single::Single;

/// The service, for its documentation.
pub(super) const ABOUT: About = About {
    name: "uploads",
    title: "data2data: uploads",
    description: "Registering tasks and giving them their files.\n\n\
        Register a task with `POST /uploads/tasks`, naming a conversion service and its parameters, then send its files to \
        `POST /uploads/tasks/{id}/files`. If the task said how many files will come, it is submitted by itself with the \
        last of them; else submit it with `POST /uploads/tasks/{id}/submit`. Files can also be given by URL, with the \
        registration or to `POST /uploads/tasks/{id}/urls`: the service fetches them once those that are uploaded are \
        here.\n\n\
        Requests with an `Idempotency-Key` can be sent again if no answer came: the same key and the same request get the \
        same answer, and nothing is done twice.\n\n\
        Large files, and files over connections that break, are better sent by a tus client (<https://tus.io>, version \
        1.0.0): give it `/api/v1/uploads/tasks/{id}/tus` as its endpoint and the token as a header. What has arrived stays \
        when the connection breaks, and the client goes on from there.",
};

/// Its operations.
pub(super) fn api(state: &AppState) -> impl OpenApi + use<> {
    let system = || state.system.clone();
    (services::ServicesApi(system()), tasks::TasksApi(system()), files::FilesApi(system()), tus::api(&state.system))
}
