//! The public keys of the tokens, for others who want to check them.

use std::sync::Arc;

use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::Auth;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, NoProblems};

pub(super) struct JwksApi(pub(super) Arc<Auth>);

#[derive(ApiResponse)]
enum JwksAnswer {
    /// The keys.
    #[oai(status = 200)]
    Ok(Json<serde_json::Value>),
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(tag = "Tag::Tokens")]
impl JwksApi {
    /// Public keys of the tokens
    ///
    /// A JWK Set (RFC 7517) with the Ed25519 keys (RFC 8037) that verify the tokens of this service. A valid signature
    /// does not tell that the account still stands: `GET /auth/me` does.
    #[oai(path = "/auth/jwks.json", method = "get", operation_id = "get_jwks")]
    async fn jwks(&self) -> Result<JwksAnswer, Fails<NoProblems>> {
        Ok(JwksAnswer::Ok(Json(self.0.jwks())))
    }
}
