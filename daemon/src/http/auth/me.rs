//! One's own account.

use d2d_api::{Me, PasswordChange, ProblemCode};
use d2d_store::AccountChange;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::AppState;
use crate::http::caller::{Credential, SentFrom, Signed};
use crate::http::docs::Tag;
use crate::http::fails::{Fails, NoProblems, problems};
use crate::http::payload::JsonBody;
use crate::http::problem::Failure;

pub(super) struct MeApi(pub(super) AppState);

problems! {
    PasswordProblems: AuthBadCredentials, AuthRateLimited, AuthUserNotFound;
}

#[derive(ApiResponse)]
enum MeAnswer {
    /// The account that the request was made by.
    #[oai(status = 200)]
    Ok(Json<Me>),
}

#[derive(ApiResponse)]
enum PasswordAnswer {
    /// The password was changed. All tokens of the account have ended: get a new one.
    #[oai(status = 204)]
    Changed,
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(tag = "Tag::Account")]
impl MeApi {
    /// Who am I
    ///
    /// The account whose token or API key the request carries, and what that may be used for.
    #[oai(path = "/auth/me", method = "get", operation_id = "get_me")]
    async fn me(&self, caller: Signed) -> Result<MeAnswer, Fails<NoProblems>> {
        let Signed(caller) = caller;
        let (session, api_key, scopes) = match caller.credential {
            Credential::Local => (None, None, None),
            Credential::Session(id) => (Some(id), None, None),
            Credential::ApiKey { id, scopes } => (None, Some(id), Some(scopes)),
        };
        let (name, role, token_expires_at) = (caller.name, caller.role, caller.token_expires_at);
        let me = Me { name, role, token_expires_at, session, api_key, scopes };
        Ok(MeAnswer::Ok(Json(me)))
    }

    /// Change my password
    ///
    /// Ends all tokens of the account, the one of this request too. Its API keys stay: remove those that are in wrong hands.
    #[oai(path = "/auth/password", method = "post", operation_id = "change_password")]
    async fn password(
        &self,
        caller: Signed,
        from: SentFrom,
        change: JsonBody<PasswordChange>,
    ) -> Result<PasswordAnswer, Fails<PasswordProblems>> {
        let (Signed(caller), SentFrom(from), JsonBody(change)) = (caller, from, change);
        let store = self.0.system.store();
        let account = store.account(&caller.name).await?.ok_or_else(|| {
            let detail =
                "operators on the local socket have no password: `d2d user passwd NAME` changes that of an account";
            Failure::new(ProblemCode::AuthUserNotFound, detail)
        })?;
        if !self.0.auth.is_password_of(&account, &change.current, from).await? {
            return Err(Failure::new(ProblemCode::AuthBadCredentials, "that is not the current password").into());
        }
        let password_hash = Some(self.0.auth.hash(&change.new).await?);
        store.update_account(&account.name, AccountChange { password_hash, ..AccountChange::default() }).await?;
        tracing::info!(account = account.name, "an account changed its password");
        Ok(PasswordAnswer::Changed)
    }
}
