//! Which waiting tasks run next, fair between accounts: pure.
//!
//! The account with the fewest running tasks comes first, then the one that had its last turn longest ago, then the one whose
//! task waits longest; inside an account the task of the highest priority, then the one that waits longest. So however many
//! tasks one account queues, another's first one is next.

mod running;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod waiting;

pub(crate) use running::Running;
pub(crate) use waiting::Waiting;
