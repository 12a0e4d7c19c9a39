//! API keys: making, listing and removing them, and noting that they are used.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use d2d_api::{ApiKey, FieldError, NewApiKey, ProblemCode, Role, Scope};
use d2d_store::{ApiKeyRow, StoreError};

use super::{Auth, secret};
use crate::http::caller::Caller;
use crate::http::problem::Failure;

/// How many API keys an account may have.
const MOST_KEYS: u32 = 50;
/// The use of a key is noted at most so often.
const NOTE_EVERY: Duration = Duration::from_mins(1);
/// How many keys are kept in mind as noted, before those are forgotten whose note is old.
const REMEMBERED: usize = 4096;

impl Auth {
    /// Makes an API key for the account of `caller`.
    pub(in crate::http) async fn make_api_key(&self, caller: &Caller, new: NewApiKey) -> Result<ApiKey, Failure> {
        if new.scopes.contains(&Scope::Ops) && caller.role != Role::Operator {
            return Err(Failure::new(ProblemCode::AuthForbidden, "the scope `ops` is for keys of operators"));
        }
        let created_at = Utc::now();
        if new.expires_at.is_some_and(|at| at <= created_at) {
            let error = FieldError::new("/expires_at", "is over: name a time to come, or none");
            return Err(Failure::fields(vec![error]));
        }
        let mut scopes = new.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        let (secret, id) = secret::api_key()?;
        let row = ApiKeyRow {
            id,
            account: caller.name.clone(),
            name: new.name,
            scopes,
            sha256: secret::sha256(&secret),
            created_at,
            expires_at: new.expires_at,
            last_used_at: None,
        };
        let row = self.store.create_api_key(row, MOST_KEYS).await.map_err(|error| match error {
            StoreError::TooMany => {
                let detail = format!("the account has {MOST_KEYS} API keys: remove one first");
                Failure::new(ProblemCode::AuthTooManyApiKeys, detail)
            }
            other => other.into(),
        })?;
        Ok(ApiKey { secret: Some(secret), ..shown(row) })
    }

    /// The API keys of the account of `caller`, oldest first.
    pub(in crate::http) async fn api_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>, Failure> {
        Ok(self.store.api_keys(&caller.name).await?.into_iter().map(shown).collect())
    }

    /// Removes an API key of the account of `caller`.
    pub(in crate::http) async fn remove_api_key(&self, caller: &Caller, id: &str) -> Result<(), Failure> {
        self.store.remove_api_key(&caller.name, id).await.map_err(|error| match error {
            StoreError::NotFound => {
                Failure::new(ProblemCode::AuthApiKeyNotFound, "there is no such API key among yours")
            }
            other => other.into(),
        })
    }

    /// Notes that a key was used; the request that it was used for does not wait for that.
    pub(super) fn note_use(&self, id: &str) {
        if !self.uses.is_news(id, Instant::now()) {
            return;
        }
        let (store, id) = (self.store.clone(), id.to_owned());
        tokio::spawn(async move {
            // Another daemon may have noted it.
            let before = Utc::now() - NOTE_EVERY;
            if let Err(error) = store.note_api_key_use(&id, before).await {
                tracing::warn!(%error, api_key.id = id, "the use of an API key could not be noted");
            }
        });
    }
}

fn shown(row: ApiKeyRow) -> ApiKey {
    ApiKey {
        id: row.id,
        name: row.name,
        scopes: row.scopes,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        secret: None,
    }
}

/// When the use of which key was noted last.
#[derive(Default)]
pub(super) struct Uses(Mutex<HashMap<String, Instant>>);

impl Uses {
    /// Whether a use now is to be noted: the first within a while.
    fn is_news(&self, id: &str, now: Instant) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: &Instant| now.duration_since(*at) < NOTE_EVERY;
        if noted.get(id).is_some_and(is_recent) {
            return false;
        }
        if noted.len() >= REMEMBERED {
            noted.retain(|_, at| is_recent(at));
        }
        noted.insert(id.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let (uses, start) = (Uses::default(), Instant::now());
        assert!(uses.is_news("a", start));
        assert!(!uses.is_news("a", start + Duration::from_secs(59)));
        assert!(uses.is_news("b", start));
        assert!(uses.is_news("a", start + NOTE_EVERY));
    }
}
