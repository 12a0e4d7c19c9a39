//! The keys that sign the tokens: their public halves, for others who want to check tokens, and a new one.

use std::sync::Arc;

use d2d_api::SigningKeyInfo;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::Auth;
use crate::http::caller::Operator;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, NoProblems, problems};

pub(super) struct KeysApi(pub(super) Arc<Auth>);

problems! {
    RotateProblems: AuthForbidden;
}

#[derive(ApiResponse)]
enum JwksAnswer {
    /// The keys.
    #[oai(status = 200)]
    Ok(Json<serde_json::Value>),
}

#[derive(ApiResponse)]
enum RotateAnswer {
    /// The key that signs from now on.
    #[oai(status = 200)]
    Ok(Json<SigningKeyInfo>),
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(tag = "Tag::Tokens")]
impl KeysApi {
    /// Public keys of the tokens
    ///
    /// A JWK Set (RFC 7517) with the Ed25519 keys (RFC 8037) that verify the tokens of this service; read it again when a
    /// token names a key that is not in it. A valid signature does not tell that the token was not revoked:
    /// `GET /auth/me` does.
    #[oai(path = "/auth/jwks.json", method = "get", operation_id = "get_jwks")]
    async fn jwks(&self) -> Result<JwksAnswer, Fails<NoProblems>> {
        Ok(JwksAnswer::Ok(Json(self.0.jwks())))
    }

    /// Rotate the signing keys
    ///
    /// Makes a new key, which signs all tokens from now on. The one before verifies until the last token that it signed
    /// has ended. It happens by itself when a key is older than the setting `auth.key_lifetime`. For operators.
    #[oai(path = "/auth/keys/rotate", method = "post", operation_id = "rotate_keys")]
    async fn rotate(&self, operator: Operator) -> Result<RotateAnswer, Fails<RotateProblems>> {
        let key = self.0.rotate_keys().await?;
        tracing::info!(operator = operator.0.name, key.id = key.kid, "an operator rotated the signing keys");
        Ok(RotateAnswer::Ok(Json(key)))
    }
}
