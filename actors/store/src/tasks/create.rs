//! Registering a task.

use super::{NewTaskRow, TaskRow};
use crate::{Store, StoreError};

impl Store {
    /// Makes a task in `awaiting_files`.
    ///
    /// # Errors
    /// [`StoreError::QueueFull`] if as many tasks are live as may be; nothing is made then.
    pub async fn create_task(&self, new: NewTaskRow) -> Result<TaskRow, StoreError> {
        let _ = new;
        Err(crate::error::unfinished())
    }
}
