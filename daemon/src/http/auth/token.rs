//! Getting tokens, newer ones, and ending them.

use std::sync::Arc;

use d2d_api::{FieldError, Grant, ProblemCode, RefreshGrant, Revocation, Token};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi, Union};
use serde::Deserialize;

use crate::http::Auth;
use crate::http::caller::SentFrom;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, NoProblems, problems};
use crate::http::payload::OAuthBody;
use crate::http::problem::Failure;

pub(super) struct TokenApi(pub(super) Arc<Auth>);

problems! {
    TokenProblems: AuthBadCredentials, AuthBadRefreshToken, AuthRateLimited;
    RefreshProblems: AuthBadRefreshToken;
}

/// Name and password, or a refresh token.
#[derive(Union)]
enum TokenGrant {
    Password(Grant),
    Refresh(RefreshGrant),
}

/// The fields of both, as they come.
#[derive(Deserialize)]
struct GrantFields {
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<String>,
    refresh_token: Option<String>,
}

#[derive(ApiResponse)]
enum TokenAnswer {
    /// Tokens.
    #[oai(status = 200)]
    Ok(
        Json<Token>,
        /// Always `no-store` (RFC 6749 section 5.1).
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[derive(ApiResponse)]
enum RevokeAnswer {
    /// The token is worth nothing now, if it ever was one.
    #[oai(status = 204)]
    Revoked,
}

#[OpenApi(tag = "Tag::Tokens")]
impl TokenApi {
    /// Get tokens
    ///
    /// Takes name and password, or a refresh token (RFC 6749 sections 4.3 and 6), as the form of OAuth 2 or as JSON. A
    /// login takes the same time whether or not there is such an account, and too many that fail are refused for a while.
    /// As OAuth 2 wants it, fields that are not known are ignored here, and problems have its `error` beside their code.
    #[oai(path = "/auth/token", method = "post", operation_id = "get_token")]
    async fn token(
        &self,
        from: SentFrom,
        grant: OAuthBody<GrantFields, TokenGrant>,
    ) -> Result<TokenAnswer, Fails<TokenProblems>> {
        let SentFrom(from) = from;
        let token = match grant.0.grant().map_err(told_to_oauth)? {
            TokenGrant::Password(grant) => self.0.login(&grant.username, &grant.password, from).await,
            TokenGrant::Refresh(grant) => self.0.refresh(&grant.refresh_token).await,
        };
        Ok(answer(token.map_err(told_to_oauth)?))
    }

    /// Get newer tokens
    ///
    /// Exchanges a refresh token for a new access token and a new refresh token. Each can be used once: if one is used
    /// again, somebody else may have it, and all tokens that go back to the same login end at once.
    #[oai(path = "/auth/token/refresh", method = "post", operation_id = "refresh_token")]
    async fn refresh(&self, grant: OAuthBody<RefreshGrant>) -> Result<TokenAnswer, Fails<RefreshProblems>> {
        let grant = grant.0;
        if grant.grant_type.as_deref().is_some_and(|kind| kind != "refresh_token") {
            return Err(told_to_oauth(unsupported_grant("`refresh_token`")).into());
        }
        Ok(answer(self.0.refresh(&grant.refresh_token).await.map_err(told_to_oauth)?))
    }

    /// End tokens
    ///
    /// Ends the access token or refresh token (RFC 7009), and with it all tokens that go back to the same login: logs out.
    /// Whoever has the token may end it, so it takes no other. A token that is not known is no error.
    #[oai(path = "/auth/token/revoke", method = "post", operation_id = "revoke_token")]
    async fn revoke(&self, revocation: OAuthBody<Revocation>) -> Result<RevokeAnswer, Fails<NoProblems>> {
        self.0.revoke(&revocation.0.token).await?;
        Ok(RevokeAnswer::Revoked)
    }
}

fn answer(token: Token) -> TokenAnswer {
    TokenAnswer::Ok(Json(token), "no-store".to_owned())
}

impl GrantFields {
    /// What is asked for: by `grant_type`, or without it by what there is.
    fn grant(self) -> Result<TokenGrant, Failure> {
        let Self { grant_type, username, password, refresh_token } = self;
        let kind = grant_type.as_deref().unwrap_or(match (&username, &refresh_token) {
            (None, Some(_)) => "refresh_token",
            _ => "password",
        });
        match kind {
            "password" => Ok(TokenGrant::Password(Grant {
                username: required(username, "username")?,
                password: required(password, "password")?,
                grant_type,
            })),
            "refresh_token" => {
                let refresh_token = required(refresh_token, "refresh_token")?;
                Ok(TokenGrant::Refresh(RefreshGrant { refresh_token, grant_type }))
            }
            _ => Err(unsupported_grant("`password` or `refresh_token`")),
        }
    }
}

fn required(field: Option<String>, name: &str) -> Result<String, Failure> {
    field.ok_or_else(|| Failure::fields(vec![FieldError::new(format!("/{name}"), "is missing")]))
}

fn unsupported_grant(known: &str) -> Failure {
    let error = FieldError::new("/grant_type", format!("is not {known}: there is nothing else"));
    Failure::fields(vec![error]).with_oauth_error("unsupported_grant_type")
}

/// The failure with the `error` that RFC 6749 section 5.2 names for it.
fn told_to_oauth(failure: Failure) -> Failure {
    match failure.code {
        ProblemCode::AuthBadCredentials | ProblemCode::AuthBadRefreshToken => failure.with_oauth_error("invalid_grant"),
        ProblemCode::RequestInvalid if failure.oauth_error().is_none() => failure.with_oauth_error("invalid_request"),
        _ => failure,
    }
}
