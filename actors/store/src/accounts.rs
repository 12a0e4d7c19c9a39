//! Accounts: who may come in.

use chrono::{DateTime, Utc};
use d2d_api::Role;
use surrealdb::types::SurrealValue;

use crate::database::bind;
use crate::{Store, StoreError};

/// Someone who may come in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name, unique.
    pub name: String,
    /// The hash of its password, as a PHC string.
    pub password_hash: String,
    /// What it may do.
    pub role: Role,
    /// Whether it is shut out.
    pub disabled: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Grows with every change that must end the tokens given out before it: of password, role or `disabled`.
    pub generation: u64,
}

/// An account to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Its name.
    pub name: String,
    /// The hash of its password, as a PHC string.
    pub password_hash: String,
    /// What it may do.
    pub role: Role,
}

/// A change of an account; what is `None` stays.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// The hash of its new password.
    pub password_hash: Option<String>,
    /// What it may do from now on.
    pub role: Option<Role>,
    /// Whether it is shut out from now on.
    pub disabled: Option<bool>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("role", &self.role)
            .field("disabled", &self.disabled)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccount").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for AccountChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountChange")
            .field("role", &self.role)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// An account, as it is stored.
#[derive(SurrealValue)]
pub(crate) struct AccountRecord {
    name: String,
    password_hash: String,
    role: String,
    disabled: bool,
    created_at: DateTime<Utc>,
    generation: u64,
}

impl TryFrom<AccountRecord> for Account {
    type Error = StoreError;

    fn try_from(record: AccountRecord) -> Result<Self, StoreError> {
        Ok(Self {
            role: role_of(&record.role)?,
            name: record.name,
            password_hash: record.password_hash,
            disabled: record.disabled,
            created_at: record.created_at,
            generation: record.generation,
        })
    }
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Operator => "operator",
    }
}

fn role_of(name: &str) -> Result<Role, StoreError> {
    [Role::User, Role::Operator]
        .into_iter()
        .find(|role| role_name(*role) == name)
        .ok_or_else(|| StoreError::unreadable(format_args!("no role `{name}`")))
}

impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one of that name.
    pub async fn create_account(&self, new: NewAccount) -> Result<Account, StoreError> {
        let query = "CREATE ONLY type::record('account', $name) CONTENT {
            name: $name,
            password_hash: $password_hash,
            role: $role,
            disabled: false,
            created_at: time::now(),
            generation: 1,
        }";
        let bindings = bind! { name: new.name, password_hash: new.password_hash, role: role_name(new.role) };
        self.database().create::<AccountRecord>("make an account", query, bindings).await?.try_into()
    }

    /// The account of that name.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        // The database takes no empty key, and anybody can try to log in with one.
        if name.is_empty() {
            return Ok(None);
        }
        let query = "SELECT * FROM ONLY type::record('account', $name)";
        let record: Option<AccountRecord> = self.database().run("read an account", query, bind! { name: name }).await?;
        record.map(Account::try_from).transpose()
    }

    /// All accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let records: Vec<AccountRecord> =
            self.database().run("list the accounts", "SELECT * FROM account ORDER BY id", bind! {}).await?;
        records.into_iter().map(Account::try_from).collect()
    }

    /// Changes an account; its `generation` grows if anything changes.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none of that name.
    pub async fn update_account(&self, name: &str, change: AccountChange) -> Result<Account, StoreError> {
        let query = "(UPDATE type::record('account', $name) SET
            generation += IF $password_hash != NONE
                OR ($role ?? role) != role
                OR ($disabled ?? disabled) != disabled { 1 } ELSE { 0 },
            password_hash = $password_hash ?? password_hash,
            role = $role ?? role,
            disabled = $disabled ?? disabled
            RETURN AFTER)[0]";
        let bindings = bind! {
            name: name,
            password_hash: change.password_hash,
            role: change.role.map(role_name),
            disabled: change.disabled,
        };
        let record: Result<Option<AccountRecord>, _> = self.database().run("change an account", query, bindings).await;
        self.logins().forget();
        record?.ok_or(StoreError::NotFound)?.try_into()
    }

    /// Removes an account, its sessions and its API keys. Its tasks stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none of that name.
    pub async fn remove_account(&self, name: &str) -> Result<(), StoreError> {
        if name.is_empty() {
            return Err(StoreError::NotFound);
        }
        // An account of the same name, made later, must not be opened by what was given out for this one.
        let query = "{
            DELETE session WHERE account = $name RETURN NONE;
            DELETE api_key WHERE account = $name RETURN NONE;
            RETURN (DELETE type::record('account', $name) RETURN BEFORE)[0];
        }";
        let record: Result<Option<AccountRecord>, _> =
            self.database().run("remove an account", query, bind! { name: name }).await;
        self.logins().forget();
        record?.map(|_| ()).ok_or(StoreError::NotFound)
    }
}
