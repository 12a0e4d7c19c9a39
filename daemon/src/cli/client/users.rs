//! Accounts, for operators.

use d2d_api::{Me, NewUser, User, UserPatch, Users};
use reqwest::Method;

use super::{Client, ClientError};

impl Client {
    /// Who this client is to the server.
    pub(crate) async fn me(&self) -> Result<Me, ClientError> {
        self.answer(self.request(Method::GET, "auth/me").await?).await
    }

    /// All accounts.
    pub(crate) async fn users(&self) -> Result<Vec<User>, ClientError> {
        let users: Users = self.answer(self.request(Method::GET, "auth/users").await?).await?;
        Ok(users.items)
    }

    /// Makes an account.
    pub(crate) async fn add_user(&self, new: &NewUser) -> Result<User, ClientError> {
        self.answer(self.request(Method::POST, "auth/users").await?.json(new)).await
    }

    /// Changes an account.
    pub(crate) async fn change_user(&self, name: &str, change: &UserPatch) -> Result<User, ClientError> {
        self.answer(self.request(Method::PATCH, &format!("auth/users/{name}")).await?.json(change)).await
    }

    /// Removes an account.
    pub(crate) async fn remove_user(&self, name: &str) -> Result<(), ClientError> {
        self.send(self.request(Method::DELETE, &format!("auth/users/{name}")).await?).await.map(drop)
    }
}
