//! All accounts, for operators.

use d2d_api::{NewUser, ProblemCode, User, UserPatch, Users};
use d2d_store::{Account, AccountChange, NewAccount, StoreError};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::AppState;
use crate::http::caller::Operator;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::path::Path;
use crate::http::payload::JsonBody;
use crate::http::problem::Failure;

pub(super) struct UsersApi(pub(super) AppState);

problems! {
    ListProblems: AuthForbidden;
    CreateProblems: AuthForbidden, AuthUserExists, AuthRateLimited;
    OneProblems: AuthForbidden, AuthUserNotFound;
    ChangeProblems: AuthForbidden, AuthUserNotFound, AuthRateLimited;
}

#[derive(ApiResponse)]
enum ListAnswer {
    /// All accounts.
    #[oai(status = 200)]
    Ok(Json<Users>),
}

#[derive(ApiResponse)]
enum CreateAnswer {
    /// The account was made.
    #[oai(status = 201)]
    Created(
        Json<User>,
        /// Where the account is.
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
enum OneAnswer {
    /// The account.
    #[oai(status = 200)]
    Ok(Json<User>),
}

#[derive(ApiResponse)]
enum RemoveAnswer {
    /// The account is gone, and its tokens have ended.
    #[oai(status = 204)]
    Removed,
}

#[OpenApi(tag = "Tag::Users")]
impl UsersApi {
    /// List accounts
    ///
    /// All accounts, by name, in one answer. For operators.
    #[oai(path = "/auth/users", method = "get", operation_id = "list_users")]
    async fn list(&self, _operator: Operator) -> Result<ListAnswer, Fails<ListProblems>> {
        let accounts = self.0.system.store().accounts().await?;
        Ok(ListAnswer::Ok(Json(Users { items: accounts.into_iter().map(user).collect() })))
    }

    /// Make an account
    ///
    /// For operators: there is no public registration.
    #[oai(path = "/auth/users", method = "post", operation_id = "create_user")]
    async fn create(&self, operator: Operator, new: JsonBody<NewUser>) -> Result<CreateAnswer, Fails<CreateProblems>> {
        let (Operator(operator), JsonBody(new)) = (operator, new);
        let password_hash = self.0.auth.hash(&new.password).await?;
        let new = NewAccount { name: new.name, password_hash, role: new.role };
        let account = self.0.system.store().create_account(new).await.map_err(|error| match error {
            StoreError::Exists => Failure::new(ProblemCode::AuthUserExists, "there is an account of that name"),
            other => other.into(),
        })?;
        tracing::info!(account = account.name, operator = operator.name, "an operator made an account");
        let location = format!("/api/v1/auth/users/{}", account.name);
        Ok(CreateAnswer::Created(Json(user(account)), location))
    }

    /// Read an account
    ///
    /// For operators.
    #[oai(path = "/auth/users/:name", method = "get", operation_id = "get_user")]
    async fn one(
        &self,
        _operator: Operator,
        /// The name of the account.
        name: Path<String>,
    ) -> Result<OneAnswer, Fails<OneProblems>> {
        let account = self.0.system.store().account(&name.0).await?.ok_or_else(no_user)?;
        Ok(OneAnswer::Ok(Json(user(account))))
    }

    /// Change an account
    ///
    /// What is left out stays. A new password, another role and shutting it out end all tokens of the account. For
    /// operators.
    #[oai(path = "/auth/users/:name", method = "patch", operation_id = "change_user")]
    async fn change(
        &self,
        operator: Operator,
        /// The name of the account.
        name: Path<String>,
        change: JsonBody<UserPatch>,
    ) -> Result<OneAnswer, Fails<ChangeProblems>> {
        let (Operator(operator), JsonBody(change)) = (operator, change);
        let password_hash = match &change.password {
            Some(password) => Some(self.0.auth.hash(password).await?),
            None => None,
        };
        let change = AccountChange { password_hash, role: change.role, disabled: change.disabled };
        let account = self.0.system.store().update_account(&name.0, change).await.map_err(no_user_or)?;
        tracing::info!(account = account.name, operator = operator.name, "an operator changed an account");
        Ok(OneAnswer::Ok(Json(user(account))))
    }

    /// Remove an account
    ///
    /// Its tokens and API keys end at once. Its tasks stay, until an operator removes them; an account of the same name
    /// that is made later has them. For operators.
    #[oai(path = "/auth/users/:name", method = "delete", operation_id = "remove_user")]
    async fn remove(
        &self,
        operator: Operator,
        /// The name of the account.
        name: Path<String>,
    ) -> Result<RemoveAnswer, Fails<OneProblems>> {
        self.0.system.store().remove_account(&name.0).await.map_err(no_user_or)?;
        tracing::info!(account = name.0, operator = operator.0.name, "an operator removed an account");
        Ok(RemoveAnswer::Removed)
    }
}

fn user(account: Account) -> User {
    User { name: account.name, role: account.role, disabled: account.disabled, created_at: account.created_at }
}

fn no_user() -> Failure {
    Failure::new(ProblemCode::AuthUserNotFound, "there is no account of that name")
}

fn no_user_or(error: StoreError) -> Failure {
    match error {
        StoreError::NotFound => no_user(),
        other => other.into(),
    }
}
