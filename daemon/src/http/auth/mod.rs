//! The auth service: tokens, one's own account, and for operators all accounts.

mod api_keys;
mod keys;
mod me;
mod tickets;
mod token;
mod users;

use poem_openapi::OpenApi;

use super::AppState;
use super::docs::About;

/// The service, for its documentation.
pub(super) const ABOUT: About = About {
    name: "auth",
    title: "data2data: auth",
    description: "Accounts and tokens.\n\n\
        Accounts are made by an operator; there is no public registration. Get a token with `POST /auth/token` and send it \
        to all other services as `Authorization: Bearer <access_token>`. A token ends by its time, and at once when it is \
        revoked, or when the password, the role or the state of its account changes. Get newer ones with the refresh token; \
        programs that can't log in use an API key in place of a token.",
};

/// Its operations.
pub(super) fn api(state: &AppState) -> impl OpenApi + use<> {
    (
        token::TokenApi(state.auth.clone()),
        me::MeApi(state.clone()),
        api_keys::ApiKeysApi(state.auth.clone()),
        tickets::TicketsApi(state.auth.clone()),
        keys::KeysApi(state.auth.clone()),
        users::UsersApi(state.clone()),
    )
}
