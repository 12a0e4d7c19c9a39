//! API keys of one's own.

use std::sync::Arc;

use d2d_api::{ApiKey, ApiKeys, NewApiKey, ProblemCode};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::Auth;
use crate::http::caller::{Caller, Credential, Signed};
use crate::http::docs::Tag;
use crate::http::fails::{Fails, NoProblems, problems};
use crate::http::path::Path;
use crate::http::payload::JsonBody;
use crate::http::problem::Failure;

pub(super) struct ApiKeysApi(pub(super) Arc<Auth>);

problems! {
    CreateProblems: AuthForbidden, AuthTooManyApiKeys;
    RemoveProblems: AuthApiKeyNotFound;
}

#[derive(ApiResponse)]
enum ListAnswer {
    /// The keys, without their secrets.
    #[oai(status = 200)]
    Ok(Json<ApiKeys>),
}

#[derive(ApiResponse)]
enum CreateAnswer {
    /// The key was made. Its `secret` is shown here and never again.
    #[oai(status = 201)]
    Created(
        Json<ApiKey>,
        /// Always `no-store`: the answer has a secret in it.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[derive(ApiResponse)]
enum RemoveAnswer {
    /// The key is gone, and worth nothing from now on.
    #[oai(status = 204)]
    Removed,
}

#[OpenApi(tag = "Tag::Account")]
impl ApiKeysApi {
    /// List my API keys
    ///
    /// All API keys of the account, oldest first. Keys that have ended are listed for a month, or until a new one is made.
    #[oai(path = "/auth/api-keys", method = "get", operation_id = "list_api_keys")]
    async fn list(&self, caller: Signed) -> Result<ListAnswer, Fails<NoProblems>> {
        Ok(ListAnswer::Ok(Json(ApiKeys { items: self.0.api_keys(&caller.0).await? })))
    }

    /// Make an API key
    ///
    /// For programs that can't log in. The key is sent as a token is, `Authorization: Bearer d2d_...`, and may be used for
    /// what its scopes name. It outlives changes of the password; it does not work while its account is disabled. An
    /// account may have 50.
    #[oai(path = "/auth/api-keys", method = "post", operation_id = "create_api_key")]
    async fn create(&self, caller: Signed, new: JsonBody<NewApiKey>) -> Result<CreateAnswer, Fails<CreateProblems>> {
        let (Signed(caller), JsonBody(new)) = (caller, new);
        demand_account(&caller)?;
        let key = self.0.make_api_key(&caller, new).await?;
        tracing::info!(account = caller.name, api_key.id = key.id, "an account made an API key");
        Ok(CreateAnswer::Created(Json(key), "no-store".to_owned()))
    }

    /// Remove an API key
    ///
    /// It is worth nothing from now on; what was made with it stays.
    #[oai(path = "/auth/api-keys/:id", method = "delete", operation_id = "remove_api_key")]
    async fn remove(
        &self,
        caller: Signed,
        /// The identifier of the key.
        id: Path<String>,
    ) -> Result<RemoveAnswer, Fails<RemoveProblems>> {
        let (Signed(caller), Path(id)) = (caller, id);
        self.0.remove_api_key(&caller, &id).await?;
        tracing::info!(account = caller.name, api_key.id = id, "an account removed an API key");
        Ok(RemoveAnswer::Removed)
    }
}

/// Refuses who has no account that a key could be of.
fn demand_account(caller: &Caller) -> Result<(), Failure> {
    match caller.credential {
        Credential::Local => {
            let detail = "operators on the local socket have no account that a key could be of: log in to one";
            Err(Failure::new(ProblemCode::AuthForbidden, detail))
        }
        Credential::Session(_) | Credential::ApiKey { .. } => Ok(()),
    }
}
