//! What the console shows: a stack of views, and what may lie over them.

use d2d_api::TaskId;

/// What fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The service as a whole.
    Overview,
    /// All tasks.
    Tasks,
    /// One task.
    Task(TaskId),
}

/// What lies over the view and takes the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// The keys and what they do.
    Help,
    /// The filter is being written.
    Filter {
        /// The filter before, for those who change their mind.
        before: String,
    },
    /// Shall these tasks be cancelled?
    Cancel {
        /// The live tasks that would be cancelled.
        tasks: Vec<TaskId>,
        /// How many more were marked but have ended.
        ended: usize,
    },
}
