//! Reading tasks, and what belongs to them.

use d2d_api::{Artifact, LogEntry, TaskId};

use super::{FilePlan, PageResult, StatusCounts, TaskFilter, TaskRow};
use crate::{Store, StoreError};

impl Store {
    /// One task.
    pub async fn task(&self, id: TaskId) -> Result<Option<TaskRow>, StoreError> {
        let _ = id;
        Err(crate::error::unfinished())
    }

    /// At most `limit` tasks that pass the filter, newest first; only those before `cursor` if one is given, which is the
    /// last one of the page before.
    pub async fn tasks(
        &self,
        filter: &TaskFilter,
        cursor: Option<TaskId>,
        limit: usize,
    ) -> Result<Vec<TaskRow>, StoreError> {
        let _ = (filter, cursor, limit);
        Err(crate::error::unfinished())
    }

    /// How many queued tasks came before this one, 0 for the first; `None` if it is not queued.
    pub async fn queue_position(&self, id: TaskId) -> Result<Option<u64>, StoreError> {
        let _ = id;
        Err(crate::error::unfinished())
    }

    /// How many tasks are in each live state.
    pub async fn counts(&self) -> Result<StatusCounts, StoreError> {
        Err(crate::error::unfinished())
    }

    /// Which pages are to be done; empty until the pages were counted.
    pub async fn plan(&self, id: TaskId) -> Result<Vec<FilePlan>, StoreError> {
        let _ = id;
        Err(crate::error::unfinished())
    }

    /// The pages whose results are kept.
    pub async fn finished_pages(&self, id: TaskId) -> Result<Vec<PageResult>, StoreError> {
        let _ = id;
        Err(crate::error::unfinished())
    }

    /// The result files, in the order in which they were committed; empty unless the task ended in `success`.
    pub async fn artifacts(&self, id: TaskId) -> Result<Vec<Artifact>, StoreError> {
        let _ = id;
        Err(crate::error::unfinished())
    }

    /// The changes of state that the task went through, oldest first.
    pub async fn log(&self, id: TaskId) -> Result<Vec<LogEntry>, StoreError> {
        let _ = id;
        Err(crate::error::unfinished())
    }
}
