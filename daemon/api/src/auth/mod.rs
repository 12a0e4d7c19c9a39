//! Accounts, the tokens of their logins, and their API keys.

mod account;
mod key;
mod me;
mod token;

pub use account::{NewUser, PasswordChange, Role, User, UserPatch, Users};
pub use key::{ApiKey, ApiKeys, NewApiKey, Scope, SigningKeyInfo};
pub use me::Me;
pub use token::{Grant, RefreshGrant, Revocation, Ticket, Token};
