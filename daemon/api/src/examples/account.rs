//! An account, its tokens and its keys.

use poem_openapi::types::Example;

use super::at;
use crate::{
    ApiKey, ApiKeys, Grant, Me, NewUser, PasswordChange, RefreshGrant, Role, Scope, Token, User, UserPatch, Users,
};

const REFRESH_TOKEN: &str = "d2dr_019b8d5a1f607a3e8c5d0b7e2f4a6c18_kXc0vZ9m1qN4sT7wYb2eHf5jLp8rUa3dGi6oKx9zQyE";

fn user() -> User {
    User { name: "ada".to_owned(), role: Role::User, disabled: false, created_at: at(-86_400) }
}

impl Example for Grant {
    fn example() -> Self {
        Self {
            grant_type: Some("password".to_owned()),
            username: "ada".to_owned(),
            password: "correct horse battery staple".to_owned(),
        }
    }
}

impl Example for RefreshGrant {
    fn example() -> Self {
        Self { grant_type: Some("refresh_token".to_owned()), refresh_token: REFRESH_TOKEN.to_owned() }
    }
}

impl Example for Token {
    fn example() -> Self {
        Self {
            access_token: "eyJhbGciOiJFZERTQSIsImtpZCI6IjAxOWI4ZDVhIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl".to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: 3600,
            refresh_token: REFRESH_TOKEN.to_owned(),
            refresh_expires_in: 2_592_000,
        }
    }
}

impl Example for Me {
    fn example() -> Self {
        Self {
            name: "ada".to_owned(),
            role: Role::User,
            token_expires_at: Some(at(3600)),
            session: Some("019b8d5a-1f60-7a3e-8c5d-0b7e2f4a6c18".to_owned()),
            api_key: None,
            scopes: None,
        }
    }
}

impl Example for PasswordChange {
    fn example() -> Self {
        Self { current: "correct horse battery staple".to_owned(), new: "a better one than that".to_owned() }
    }
}

impl Example for User {
    fn example() -> Self {
        user()
    }
}

impl Example for Users {
    fn example() -> Self {
        Self { items: vec![user()] }
    }
}

impl Example for NewUser {
    fn example() -> Self {
        Self { name: "ada".to_owned(), password: "correct horse battery staple".to_owned(), role: Role::User }
    }
}

impl Example for UserPatch {
    fn example() -> Self {
        Self { disabled: Some(true), ..Self::default() }
    }
}

impl Example for ApiKey {
    fn example() -> Self {
        Self {
            id: "019b8d5a20a07c11a2b34e5f60718293".to_owned(),
            name: "scanner in the hall".to_owned(),
            scopes: vec![Scope::UploadsWrite, Scope::TasksRead],
            created_at: at(0),
            expires_at: None,
            last_used_at: Some(at(60)),
            secret: None,
        }
    }
}

impl Example for ApiKeys {
    fn example() -> Self {
        Self { items: vec![ApiKey::example()] }
    }
}
