//! Sessions: a login and the refresh tokens that go back to it. All that was given out for a login ends with its session.

use chrono::{DateTime, Utc};
use surrealdb::types::SurrealValue;

use crate::accounts::AccountRecord;
use crate::database::bind;
use crate::{Account, Store, StoreError};

/// How many sessions an account may have: past that the one that would end first makes room.
const MOST_SESSIONS: u32 = 1000;

/// A login to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its identifier: random, so that nobody can guess it.
    pub id: String,
    /// The account.
    pub account: String,
    /// The generation of the account that was logged in to.
    pub generation: u64,
    /// When the last of its tokens ends.
    pub expires_at: DateTime<Utc>,
    /// Its first refresh token.
    pub refresh: RefreshToken,
}

/// A refresh token, as far as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The SHA-256 of the token, in hex.
    pub sha256: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What came of exchanging a refresh token for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// It was exchanged.
    Done {
        /// The session.
        session: String,
        /// Its account.
        account: Account,
    },
    /// It was used before: somebody else has it, too. The session was ended.
    Reused {
        /// The account of the session.
        account: String,
    },
    /// There is no such token, its time is over, or its session has ended.
    Unknown,
}

/// What the exchange answers.
#[derive(SurrealValue)]
struct RefreshRecord {
    session: Option<String>,
    account: Option<AccountRecord>,
    reused: Option<String>,
}

impl Store {
    /// Keeps a login and its first refresh token.
    pub async fn create_session(&self, new: NewSession) -> Result<(), StoreError> {
        let query = "{
            CREATE type::record('session', $id) CONTENT {
                account: $account, generation: $generation, created_at: time::now(), expires_at: $expires_at
            } RETURN NONE;
            CREATE type::record('refresh_token', $sha256) CONTENT {
                session: $id, used: false, expires_at: $refresh_expires_at
            } RETURN NONE;
            LET $count = (SELECT count() FROM session WHERE account = $account GROUP ALL)[0].count ?? 0;
            IF $count > $most {
                LET $first = (SELECT VALUE id FROM session WHERE account = $account ORDER BY expires_at LIMIT 1);
                DELETE $first RETURN NONE;
            };
            RETURN true;
        }";
        let bindings = bind! {
            id: new.id,
            account: new.account,
            generation: new.generation,
            expires_at: new.expires_at,
            sha256: new.refresh.sha256,
            refresh_expires_at: new.refresh.expires_at,
            most: MOST_SESSIONS,
        };
        let kept: Result<bool, _> = self.database().run("keep a login", query, bindings).await;
        // Another may have made room.
        self.logins().forget();
        kept.map(drop)
    }

    /// The account of a session, if both still stand as they did at the login.
    pub async fn session_account(&self, session: &str) -> Result<Option<Account>, StoreError> {
        if session.is_empty() {
            return Ok(None);
        }
        let query = "{
            LET $family = (SELECT * FROM ONLY type::record('session', $id));
            IF $family = NONE { RETURN NONE };
            LET $account = (SELECT * FROM ONLY type::record('account', $family.account));
            IF $account = NONE OR $account.disabled OR $account.generation != $family.generation { RETURN NONE };
            RETURN $account;
        }";
        let age = match self.logins().sessions.get(session) {
            Ok(account) => return Ok(Some(account)),
            Err(age) => age,
        };
        let record: Option<AccountRecord> = self.database().run("read a session", query, bind! { id: session }).await?;
        let account = record.map(Account::try_from).transpose()?;
        if let Some(account) = &account {
            self.logins().sessions.keep(session, account, age);
        }
        Ok(account)
    }

    /// Exchanges a refresh token, named by its SHA-256, for `new` one, and lets its session live until `expires_at`. Of
    /// two who use the same token at the same time one gets the new token and the other ends the session.
    pub async fn refresh_session(
        &self,
        sha256: &str,
        new: RefreshToken,
        expires_at: DateTime<Utc>,
    ) -> Result<Refreshed, StoreError> {
        let query = "{
            LET $refresh = (SELECT * FROM ONLY type::record('refresh_token', $sha256));
            IF $refresh = NONE { RETURN {} };
            LET $family = (SELECT * FROM ONLY type::record('session', $refresh.session));
            IF $family = NONE { RETURN {} };
            IF $refresh.used {
                DELETE type::record('session', $refresh.session) RETURN NONE;
                RETURN { reused: $family.account };
            };
            LET $account = (SELECT * FROM ONLY type::record('account', $family.account));
            IF $refresh.expires_at <= time::now()
                OR $account = NONE OR $account.disabled OR $account.generation != $family.generation { RETURN {} };
            UPDATE type::record('refresh_token', $sha256) SET used = true RETURN NONE;
            CREATE type::record('refresh_token', $new) CONTENT {
                session: $refresh.session, used: false, expires_at: $new_expires_at
            } RETURN NONE;
            UPDATE type::record('session', $refresh.session) SET expires_at = $expires_at RETURN NONE;
            RETURN { session: $refresh.session, account: $account };
        }";
        let bindings = bind! {
            sha256: sha256,
            new: new.sha256,
            new_expires_at: new.expires_at,
            expires_at: expires_at,
        };
        let record: Result<RefreshRecord, _> = self.database().run("exchange a refresh token", query, bindings).await;
        self.logins().forget();
        match record? {
            RefreshRecord { reused: Some(account), .. } => Ok(Refreshed::Reused { account }),
            RefreshRecord { session: Some(session), account: Some(account), .. } => {
                Ok(Refreshed::Done { session, account: account.try_into()? })
            }
            _ => Ok(Refreshed::Unknown),
        }
    }

    /// Ends a session, and with it all its tokens. That there is none is no error.
    pub async fn end_session(&self, session: &str) -> Result<(), StoreError> {
        if session.is_empty() {
            return Ok(());
        }
        let query = "{ DELETE type::record('session', $id) RETURN NONE; RETURN true; }";
        let ended: Result<bool, _> = self.database().run("end a session", query, bind! { id: session }).await;
        self.logins().forget();
        ended.map(drop)
    }

    /// Ends the session of a refresh token, named by its SHA-256, used or not. That there is none is no error.
    pub async fn end_session_of(&self, sha256: &str) -> Result<(), StoreError> {
        let query = "{
            LET $refresh = (SELECT * FROM ONLY type::record('refresh_token', $sha256));
            IF $refresh != NONE { DELETE type::record('session', $refresh.session) RETURN NONE };
            RETURN true;
        }";
        let ended: Result<bool, _> = self.database().run("end a session", query, bind! { sha256: sha256 }).await;
        self.logins().forget();
        ended.map(drop)
    }
}
