//! Accounts: who may come in.

use chrono::{DateTime, Utc};
use d2d_api::Role;

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

impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one of that name.
    pub async fn create_account(&self, new: NewAccount) -> Result<Account, StoreError> {
        let _ = new;
        Err(crate::error::unfinished())
    }

    /// The account of that name.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let _ = name;
        Err(crate::error::unfinished())
    }

    /// All accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        Err(crate::error::unfinished())
    }

    /// Changes an account; its `generation` grows if anything changes.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none of that name.
    pub async fn update_account(&self, name: &str, change: AccountChange) -> Result<Account, StoreError> {
        let _ = (name, change);
        Err(crate::error::unfinished())
    }

    /// Removes an account. Its tasks stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none of that name.
    pub async fn remove_account(&self, name: &str) -> Result<(), StoreError> {
        let _ = name;
        Err(crate::error::unfinished())
    }
}
