//! What was read of sessions and API keys a moment ago, so that a client that asks often does not have its account read each
//! time.
//!
//! Whatever this store does that may end a login forgets all of it, before that is acknowledged; what was being read
//! meanwhile is not kept. A change by another daemon on the same database is seen after [`FRESH_FOR`].

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Account, ApiKeyRow};

/// How long what was read is believed.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// How many of a kind are kept; when there are more they are forgotten.
const MOST: usize = 10_000;

/// The logins that were read a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    pub(crate) sessions: Recent<Account>,
    pub(crate) api_keys: Recent<(ApiKeyRow, Account)>,
}

impl Logins {
    /// Forgets everything: something has changed.
    pub(crate) fn forget(&self) {
        self.sessions.forget();
        self.api_keys.forget();
    }
}

/// What was read a moment ago, by its identifier.
#[derive(Debug)]
pub(crate) struct Recent<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    read: HashMap<String, (Instant, T)>,
    /// Grows with each change: what was read in an earlier age is not kept.
    age: u64,
}

impl<T: Clone> Recent<T> {
    /// What was read of `id`, or the age in which it is to be read now.
    pub(crate) fn get(&self, id: &str) -> Result<T, u64> {
        let state = self.lock();
        match state.read.get(id) {
            Some((at, found)) if at.elapsed() < FRESH_FOR => Ok(found.clone()),
            _ => Err(state.age),
        }
    }

    /// Keeps what was read in that age.
    pub(crate) fn keep(&self, id: &str, found: &T, age: u64) {
        let mut state = self.lock();
        if state.age != age {
            return;
        }
        if state.read.len() >= MOST {
            state.read.clear();
        }
        state.read.insert(id.to_owned(), (Instant::now(), found.clone()));
    }
}

impl<T> Recent<T> {
    fn forget(&self) {
        let mut state = self.lock();
        state.read.clear();
        state.age += 1;
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::new(State { read: HashMap::new(), age: 0 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_believed_after_it() {
        let recent = Recent::default();
        let age = recent.get("a").unwrap_err();
        recent.keep("a", &1, age);
        assert_eq!(recent.get("a"), Ok(1));
        assert!(recent.get("b").is_err());
        let begun = recent.get("b").unwrap_err();
        recent.forget();
        recent.keep("b", &2, begun);
        assert!(recent.get("a").is_err() && recent.get("b").is_err());
    }

    #[test]
    fn they_do_not_pile_up() {
        let recent = Recent::default();
        for number in 0..3 * MOST {
            recent.keep(&number.to_string(), &(), 0);
        }
        assert!(recent.lock().read.len() <= MOST);
    }
}
