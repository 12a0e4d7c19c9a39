//! Getting a token.

use std::sync::Arc;

use d2d_api::{FieldError, Token};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::Auth;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::payload::GrantBody;
use crate::http::problem::Failure;

/// The only grant that there is (RFC 6749 section 4.3).
const GRANT: &str = "password";

pub(super) struct TokenApi(pub(super) Arc<Auth>);

problems! {
    TokenProblems: AuthBadCredentials, AuthRateLimited;
}

#[derive(ApiResponse)]
enum TokenAnswer {
    /// A token.
    #[oai(status = 200)]
    Ok(
        Json<Token>,
        /// Always `no-store` (RFC 6749 section 5.1).
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Tokens")]
impl TokenApi {
    /// Get a token
    ///
    /// Takes name and password, as the form of OAuth 2 or as JSON. A login takes the same time whether or not there is
    /// such an account. As OAuth 2 wants it, fields that are not known are ignored here.
    #[oai(path = "/auth/token", method = "post", operation_id = "get_token")]
    async fn token(&self, grant: GrantBody) -> Result<TokenAnswer, Fails<TokenProblems>> {
        let GrantBody(grant) = grant;
        if grant.grant_type.as_deref().is_some_and(|kind| kind != GRANT) {
            let error = FieldError::new("/grant_type", format!("is not `{GRANT}`, the only one that there is"));
            return Err(Failure::fields(vec![error]).into());
        }
        let token = self.0.login(&grant.username, &grant.password).await?;
        Ok(TokenAnswer::Ok(Json(token), "no-store".to_owned()))
    }
}
