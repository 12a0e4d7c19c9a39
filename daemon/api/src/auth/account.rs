//! Accounts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What an account may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
#[cfg_attr(feature = "openapi", oai(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Its own tasks.
    #[default]
    User,
    /// Its own tasks, and everything that operators see and steer.
    Operator,
}

/// A change of one's own password.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password until now.
    pub current: String,
    /// The password from now on: at least 8 characters.
    #[cfg_attr(feature = "openapi", oai(validator(min_length = 8, max_length = 1024)))]
    pub new: String,
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordChange").finish_non_exhaustive()
    }
}

/// An account, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct User {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Whether it is shut out.
    pub disabled: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// All accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct Users {
    /// By name.
    pub items: Vec<User>,
}

/// A new account.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example))]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// 1 to 64 characters: lower-case letters, digits, `.`, `_`, `-`, `@`; a letter or digit first.
    #[cfg_attr(feature = "openapi", oai(validator(pattern = "^[a-z0-9][a-z0-9._@-]{0,63}$")))]
    pub name: String,
    /// At least 8 characters.
    #[cfg_attr(feature = "openapi", oai(validator(min_length = 8, max_length = 1024)))]
    pub password: String,
    /// What it may do; `user` if not given.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", oai(default))]
    pub role: Role,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A change of an account; what is left out stays.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, skip_serializing_if_is_none, example))]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// A new password: at least 8 characters. All tokens of the account end with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", oai(validator(min_length = 8, max_length = 1024)))]
    pub password: Option<String>,
    /// What it may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Shut it out, or let it in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

impl std::fmt::Debug for UserPatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserPatch").field("role", &self.role).field("disabled", &self.disabled).finish_non_exhaustive()
    }
}
