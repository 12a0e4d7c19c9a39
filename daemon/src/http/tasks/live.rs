//! The tasks that have not ended.

use d2d_actors::{Access, Refused, System};
use d2d_api::TaskStatus;
use d2d_store::{TaskFilter, TaskRow};

/// The states from which a task still goes on.
const LIVE: [TaskStatus; 4] =
    [TaskStatus::AwaitingFiles, TaskStatus::Fetching, TaskStatus::Queued, TaskStatus::Execution];
/// How many tasks are read from the store at once.
const PAGE: usize = 200;

/// The tasks that have not ended, of those that `access` may see, oldest first.
pub(in crate::http) async fn live_tasks(system: &System, access: &Access) -> Result<Vec<TaskRow>, Refused> {
    let filter = TaskFilter { status: LIVE.to_vec(), ..TaskFilter::default() };
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = system.tasks(access, filter.clone(), cursor, PAGE).await?;
        rows.extend(page.rows);
        cursor = page.next_cursor;
        if cursor.is_none() {
            rows.reverse();
            return Ok(rows);
        }
    }
}
