//! Tasks: their states, what a client sends to make one, and what it reads of one.

mod status;
mod view;

pub use status::{RefusedTransition, TaskStatus, Transition};
pub use view::{
    InputFile, LogEntry, NewTask, NewTaskFiles, PageCount, Task, TaskError, TaskList, TaskLog, UploadedFiles,
};
