//! Who asks.

use d2d_store::TaskRow;

/// Who asks for a task. To an owner, the tasks of others do not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// The account of this name.
    Owner(String),
    /// An operator, who may see and stop every task.
    Operator,
}

impl Access {
    /// Whether the task may be seen.
    #[must_use]
    pub fn sees(&self, row: &TaskRow) -> bool {
        match self {
            Self::Owner(name) => row.owner == *name,
            Self::Operator => true,
        }
    }
}
