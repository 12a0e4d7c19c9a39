//! One running task: the actor, and the pure parts that it carries.

mod actor;
mod assemble;
mod failure;
mod hand;
mod integrity;
mod ledger;
mod progress;
mod run;
mod verdict;

pub(crate) use actor::{TaskActor, TaskArgs, TaskContext, TaskMsg};
