//! Passwords: hashed with Argon2id (RFC 9106), off the async threads, and only so many at once.

use std::sync::Arc;

use argon2::Params;
use d2d_api::ProblemCode;
use d2d_config::AuthConfig;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::AuthError;
use super::argon::{hash, verify};
use crate::http::problem::Failure;

/// How many logins may wait for each one that is being checked; past that they are refused.
const WAITING_PER_RUNNING: usize = 16;

/// Checks and makes hashes of passwords.
pub(super) struct Passwords {
    params: Params,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// A hash that no password has: checked against when there is no account, so that it takes as long.
    nobody: Arc<str>,
}

/// The right to run one hash. It goes with the work, which can't be stopped: who hangs up does not make room for more.
struct Turn {
    _waiting: OwnedSemaphorePermit,
    _running: OwnedSemaphorePermit,
}

impl Passwords {
    /// With the costs and bounds of the settings.
    pub(super) async fn new(config: &AuthConfig) -> Result<Self, AuthError> {
        let params = params(config)?;
        let parallel = config.parallel_logins.max(1);
        let mut unknown = [0; 32];
        getrandom::fill(&mut unknown).map_err(|error| AuthError::Hash(error.to_string()))?;
        let costs = params.clone();
        let nobody = blocking(move || hash(costs, &unknown)).await?;
        Ok(Self {
            params,
            running: Arc::new(Semaphore::new(parallel)),
            waiting: Arc::new(Semaphore::new(parallel.saturating_mul(1 + WAITING_PER_RUNNING))),
            nobody: nobody.into(),
        })
    }

    /// Whether `password` is the one of `hash`; takes as long if there is no hash.
    pub(super) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Failure> {
        let turn = self.turn().await?;
        let password = password.to_owned();
        let hash: Arc<str> = hash.map_or_else(|| Arc::clone(&self.nobody), Into::into);
        let work = move || {
            let _turn = turn;
            verify(password.as_bytes(), &hash)
        };
        Ok(blocking(work).await?)
    }

    /// The hash of a new password.
    pub(super) async fn hash(&self, password: &str) -> Result<String, Failure> {
        let turn = self.turn().await?;
        let (params, password) = (self.params.clone(), password.to_owned());
        let work = move || {
            let _turn = turn;
            hash(params, password.as_bytes())
        };
        Ok(blocking(work).await?)
    }

    async fn turn(&self) -> Result<Turn, Failure> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| {
            Failure::new(ProblemCode::AuthRateLimited, "too many logins at once: try again in a moment")
        })?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|error| Failure::internal(&error))?;
        Ok(Turn { _waiting: waiting, _running: running })
    }
}

/// The hash of a password, as a PHC string; takes a while, and the memory that the settings name.
pub(crate) fn hash_password(config: &AuthConfig, password: &str) -> Result<String, AuthError> {
    hash(params(config)?, password.as_bytes())
}

fn params(config: &AuthConfig) -> Result<Params, AuthError> {
    let kibibytes = u32::try_from(config.argon2_memory.bytes() / 1024).unwrap_or(u32::MAX);
    Params::new(kibibytes, config.argon2_iterations, config.argon2_parallelism, None)
        .map_err(|error| AuthError::Hash(error.to_string()))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AuthError> + Send + 'static,
) -> Result<T, AuthError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AuthError::Hash(error.to_string()))?
}

#[cfg(test)]
mod tests {
    use d2d_config::ByteSize;

    use super::*;

    fn cheap() -> AuthConfig {
        AuthConfig {
            argon2_memory: ByteSize::mib(8),
            argon2_iterations: 1,
            parallel_logins: 1,
            ..AuthConfig::default()
        }
    }

    #[tokio::test]
    async fn hashes_are_argon2id_and_fit_only_their_password() {
        let hash = hash_password(&cheap(), "correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"), "{hash}");
        let passwords = Passwords::new(&cheap()).await.unwrap();
        assert!(passwords.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct horsf", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct horse", None).await.unwrap());
    }

    #[tokio::test]
    async fn past_the_bound_logins_are_refused_at_once() {
        let passwords = Arc::new(Passwords::new(&cheap()).await.unwrap());
        let turn = passwords.turn().await.unwrap();
        let waiting: Vec<_> = (0..WAITING_PER_RUNNING)
            .map(|_| {
                let passwords = Arc::clone(&passwords);
                tokio::spawn(async move { passwords.verify("x", None).await })
            })
            .collect();
        while passwords.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.verify("x", None).await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::AuthRateLimited);
        drop(turn);
        for login in waiting {
            assert!(!login.await.unwrap().unwrap());
        }
    }
}
