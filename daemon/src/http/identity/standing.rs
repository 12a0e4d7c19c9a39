//! Whether what somebody came in with still holds: connections that last ask from time to time.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::time::{Instant, sleep_until};

use super::Auth;
use super::verify::{ended, expired, of_api_key, of_session};
use crate::http::caller::{Caller, Credential};
use crate::http::problem::Failure;

/// How often it is looked whether a token was revoked.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// What somebody came in with, and when to look at it again.
#[derive(Debug)]
pub(crate) struct Standing {
    auth: Arc<Auth>,
    caller: Caller,
    check_at: Instant,
}

impl Standing {
    /// Of somebody who just came in.
    pub(in crate::http) fn new(auth: &Arc<Auth>, caller: &Caller) -> Self {
        Self { auth: Arc::clone(auth), check_at: next_check(caller), caller: caller.clone() }
    }

    /// Waits until it is time to [check](Self::check).
    pub(in crate::http) async fn due(&self) {
        sleep_until(self.check_at).await;
    }

    /// Fails once it does not hold any more; if it is not time to look yet, it does. A store that can't answer just now
    /// ends nothing.
    pub(in crate::http) async fn check(&mut self) -> Result<(), Failure> {
        if Instant::now() < self.check_at {
            return Ok(());
        }
        if self.caller.token_expires_at.is_some_and(|at| at <= Utc::now()) {
            return Err(expired());
        }
        match self.auth.still(&self.caller).await {
            Ok(still) => still?,
            Err(error) => tracing::warn!(%error, "can't look whether a token was revoked: looking again soon"),
        }
        self.check_at = next_check(&self.caller);
        Ok(())
    }

    /// Waits until it does not hold any more, and tells why.
    pub(in crate::http) async fn over(&mut self) -> Failure {
        loop {
            self.due().await;
            if let Err(failure) = self.check().await {
                return failure;
            }
        }
    }
}

/// The time of the next look: when the token ends, or earlier.
fn next_check(caller: &Caller) -> Instant {
    let left = caller.token_expires_at.map(|at| (at - Utc::now()).to_std().unwrap_or_default());
    Instant::now() + left.map_or(CHECK_EVERY, |left| left.min(CHECK_EVERY))
}

impl Auth {
    /// Whether somebody would still be let in, as the same.
    async fn still(&self, caller: &Caller) -> Result<Result<(), Failure>, d2d_store::StoreError> {
        let now = match &caller.credential {
            Credential::Local => return Ok(Ok(())),
            Credential::Session(session) => {
                let account = self.store.session_account(session).await?;
                account.map(|account| Ok(of_session(account, session.clone(), caller.token_expires_at)))
            }
            Credential::ApiKey { id, .. } => {
                self.store.api_key(id).await?.map(|(key, account)| of_api_key(account, key))
            }
        };
        Ok(match now {
            Some(Ok(now)) if now == *caller => Ok(()),
            Some(Err(failure)) => Err(failure),
            Some(Ok(_)) | None => Err(ended()),
        })
    }
}
