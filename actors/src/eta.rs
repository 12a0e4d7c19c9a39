//! The seconds that running tasks still need: written by task actors, read with the tasks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use d2d_api::TaskId;

/// The estimates of the tasks that run on this node. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Etas(Arc<Mutex<HashMap<TaskId, u64>>>);

impl Etas {
    /// Notes the estimate of a task; `None` if it can't be told (any more).
    pub(crate) fn note(&self, task: TaskId, seconds: Option<u64>) {
        match seconds {
            Some(seconds) => self.lock().insert(task, seconds),
            None => self.lock().remove(&task),
        };
    }

    /// The estimate of a task.
    pub(crate) fn get(&self, task: TaskId) -> Option<u64> {
        self.lock().get(&task).copied()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
