//! How many tasks run, and who may start one more.

use std::collections::HashMap;

/// How many tasks run, and how many may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Running {
    by_owner: HashMap<String, usize>,
    total: usize,
    /// How many may run at once. An account of which none runs may have one beyond it, up to as many again: running tasks
    /// cost little, and the pool takes their pages in turn, so nobody waits for another's long tasks to end.
    limit: usize,
    /// How many may run of one account; `None` if only `limit` bounds them.
    limit_per_owner: Option<usize>,
}

impl Running {
    /// Nothing runs yet.
    pub(crate) fn within(limit: usize, limit_per_owner: Option<usize>) -> Self {
        Self { limit, limit_per_owner, ..Self::default() }
    }

    /// So many more run of an account.
    pub(crate) fn add(&mut self, owner: &str, count: usize) {
        match self.by_owner.get_mut(owner) {
            Some(own) => *own += count,
            None => drop(self.by_owner.insert(owner.to_owned(), count)),
        }
        self.total += count;
    }

    /// How many run of an account.
    pub(crate) fn of(&self, owner: &str) -> usize {
        self.by_owner.get(owner).copied().unwrap_or(0)
    }

    /// Whether nobody may start anything, whoever it is.
    pub(crate) fn is_full(&self) -> bool {
        self.total >= self.limit.saturating_mul(2)
    }

    /// Whether an account may start one more.
    pub(crate) fn may_start(&self, owner: &str) -> bool {
        let own = self.of(owner);
        let limit = if own == 0 { self.limit.saturating_mul(2) } else { self.limit };
        self.total < limit && self.limit_per_owner.is_none_or(|most| own < most)
    }
}
