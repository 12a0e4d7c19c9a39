//! The tasks service: reading, watching, cancelling, retrying and removing one's tasks.

mod change;
mod events;
mod follow;
mod live;
mod read;
mod watch;

use poem_openapi::OpenApi;

use super::AppState;
use super::docs::About;

pub(super) use live::live_tasks;
pub(super) use read::{DEFAULT_LIMIT, read_cursor};

/// The service, for its documentation.
pub(super) const ABOUT: About = About {
    name: "tasks",
    title: "data2data: tasks",
    description: "Your tasks: how they stand, live changes, cancelling, trying again, removing.\n\n\
        A task goes `awaiting_files` -> `fetching` (if it has URLs) -> `queued` -> `execution` -> `success` or `failure`, \
        and from any but the last two to `cancelled`. What failed or was cancelled can be queued again. When an ended task \
        has passed its time (`expires_at`), its files and results are removed, and it is `expired`. `seq` grows with every \
        change. The tasks of others do not exist here: 404.",
};

/// Its operations.
pub(super) fn api(state: &AppState) -> impl OpenApi + use<> {
    (
        read::ReadApi(state.system.clone(), state.closing.clone()),
        change::ChangeApi(state.system.clone()),
        watch::WatchApi(state.clone()),
        events::EventsApi(state.clone()),
    )
}
