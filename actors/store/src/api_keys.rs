//! API keys: secrets of an account's own making, for programs that can't log in.

use chrono::{DateTime, Utc};
use d2d_api::Scope;
use surrealdb::types::SurrealValue;

use crate::accounts::AccountRecord;
use crate::database::bind;
use crate::{Account, Store, StoreError};

/// An API key.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// Its identifier.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// The SHA-256 of the secret, in hex.
    pub sha256: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends, if it does.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for ApiKeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKeyRow")
            .field("id", &self.id)
            .field("account", &self.account)
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// An API key, as it is stored.
#[derive(SurrealValue)]
struct KeyRecord {
    key: String,
    account: String,
    name: String,
    scopes: Vec<String>,
    sha256: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
}

impl TryFrom<KeyRecord> for ApiKeyRow {
    type Error = StoreError;

    fn try_from(record: KeyRecord) -> Result<Self, StoreError> {
        let scopes = record.scopes.iter().map(|scope| scope.parse().map_err(StoreError::unreadable));
        Ok(Self {
            scopes: scopes.collect::<Result<_, _>>()?,
            id: record.key,
            account: record.account,
            name: record.name,
            sha256: record.sha256,
            created_at: record.created_at,
            expires_at: record.expires_at,
            last_used_at: record.last_used_at,
        })
    }
}

/// A key and its account.
#[derive(SurrealValue)]
struct OwnedRecord {
    key: KeyRecord,
    account: AccountRecord,
}

impl Store {
    /// Keeps an API key, unless its account has `most` that have not ended. Those that have make room.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] if it has as many; [`StoreError::Exists`] if there is one of that identifier.
    pub async fn create_api_key(&self, new: ApiKeyRow, most: u32) -> Result<ApiKeyRow, StoreError> {
        // As all who make a key for the account write its gate, two at the same time can't both take the last place.
        let query = "{
            UPSERT type::record('gate', ['api_key', $account]) SET passed = (passed ?? 0) + 1 RETURN NONE;
            DELETE api_key WHERE account = $account AND expires_at != NONE AND expires_at <= time::now() RETURN NONE;
            LET $count = (SELECT count() FROM api_key WHERE account = $account GROUP ALL)[0].count ?? 0;
            IF $count >= $most { RETURN NONE };
            RETURN CREATE ONLY type::record('api_key', $id) CONTENT {
                key: $id,
                account: $account,
                name: $name,
                scopes: $scopes,
                sha256: $sha256,
                created_at: $created_at,
                expires_at: $expires_at,
            };
        }";
        let bindings = bind! {
            id: new.id,
            account: new.account,
            name: new.name,
            scopes: new.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
            sha256: new.sha256,
            created_at: new.created_at,
            expires_at: new.expires_at,
            most: most,
        };
        let record: Option<KeyRecord> = self.database().create("keep an API key", query, bindings).await?;
        record.ok_or(StoreError::TooMany)?.try_into()
    }

    /// The API keys of an account, oldest first.
    pub async fn api_keys(&self, account: &str) -> Result<Vec<ApiKeyRow>, StoreError> {
        let query = "SELECT * FROM api_key WHERE account = $account ORDER BY created_at";
        let records: Vec<KeyRecord> =
            self.database().run("list the API keys", query, bind! { account: account }).await?;
        records.into_iter().map(ApiKeyRow::try_from).collect()
    }

    /// The API key of that identifier and its account, if that is not shut out.
    pub async fn api_key(&self, id: &str) -> Result<Option<(ApiKeyRow, Account)>, StoreError> {
        if id.is_empty() {
            return Ok(None);
        }
        let query = "{
            LET $key = (SELECT * FROM ONLY type::record('api_key', $id));
            IF $key = NONE { RETURN NONE };
            LET $account = (SELECT * FROM ONLY type::record('account', $key.account));
            IF $account = NONE OR $account.disabled { RETURN NONE };
            RETURN { key: $key, account: $account };
        }";
        let age = match self.logins().api_keys.get(id) {
            Ok(found) => return Ok(Some(found)),
            Err(age) => age,
        };
        let record: Option<OwnedRecord> = self.database().run("read an API key", query, bind! { id: id }).await?;
        let Some(OwnedRecord { key, account }) = record else { return Ok(None) };
        let found = (key.try_into()?, account.try_into()?);
        self.logins().api_keys.keep(id, &found, age);
        Ok(Some(found))
    }

    /// Notes that an API key was used, unless that was noted since `before`.
    pub async fn note_api_key_use(&self, id: &str, before: DateTime<Utc>) -> Result<(), StoreError> {
        let query = "{
            UPDATE type::record('api_key', $id) SET last_used_at = time::now()
                WHERE last_used_at = NONE OR last_used_at < $before RETURN NONE;
            RETURN true;
        }";
        let noted: Result<bool, _> = self.database().run("note a use", query, bind! { id: id, before: before }).await;
        self.logins().forget();
        noted.map(drop)
    }

    /// Removes an API key of an account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the account has none of that identifier.
    pub async fn remove_api_key(&self, account: &str, id: &str) -> Result<(), StoreError> {
        if id.is_empty() {
            return Err(StoreError::NotFound);
        }
        let query = "(DELETE type::record('api_key', $id) WHERE account = $account RETURN BEFORE)[0]";
        let record: Result<Option<KeyRecord>, _> =
            self.database().run("remove an API key", query, bind! { id: id, account: account }).await;
        self.logins().forget();
        record?.map(|_| ()).ok_or(StoreError::NotFound)
    }
}
