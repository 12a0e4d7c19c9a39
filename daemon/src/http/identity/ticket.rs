//! Tickets: what opens one websocket or stream of events in place of a token, for browsers, which can't set headers there.

use std::time::Duration;

use chrono::Utc;
use d2d_api::{ProblemCode, Ticket};
use d2d_store::TicketRow;

use super::verify::{of_api_key, of_session};
use super::{Auth, secret};
use crate::http::caller::{Caller, Credential};
use crate::http::problem::Failure;

/// How long a ticket is valid: it is to be used at once.
const VALID_FOR: Duration = Duration::from_secs(30);

impl Auth {
    /// A ticket that stands for what `caller` came in with.
    pub(in crate::http) async fn ticket(&self, caller: &Caller) -> Result<Ticket, Failure> {
        let (session, api_key) = match &caller.credential {
            Credential::Session(session) => (Some(session.clone()), None),
            Credential::ApiKey { id, .. } => (None, Some(id.clone())),
            Credential::Local => {
                let detail = "operators on the local socket need no ticket: open the websocket there";
                return Err(Failure::new(ProblemCode::AuthForbidden, detail));
            }
        };
        let ticket = secret::ticket()?;
        let row = TicketRow {
            session,
            api_key,
            token_expires_at: caller.token_expires_at,
            expires_at: Utc::now() + VALID_FOR,
        };
        self.store.create_ticket(&secret::sha256(&ticket), row).await?;
        Ok(Ticket { ticket, expires_in: VALID_FOR.as_secs() })
    }

    /// Whom a ticket stands for. It is worth nothing afterwards, on no daemon of the service.
    pub(in crate::http) async fn redeem(&self, ticket: &str) -> Result<Caller, Failure> {
        let row = self.store.take_ticket(&secret::sha256(ticket)).await?;
        let row = row.filter(|row| Utc::now() < row.expires_at).ok_or_else(bad_ticket)?;
        if row.token_expires_at.is_some_and(|at| at <= Utc::now()) {
            return Err(bad_ticket());
        }
        if let Some(session) = row.session {
            let account = self.store.session_account(&session).await?.ok_or_else(bad_ticket)?;
            return Ok(of_session(account, session, row.token_expires_at));
        }
        let (key, account) = self.store.api_key(&row.api_key.unwrap_or_default()).await?.ok_or_else(bad_ticket)?;
        of_api_key(account, key)
    }
}

fn bad_ticket() -> Failure {
    let detail = "it was used before, is older than 30 seconds or not one of ours: get a new one from \
                  `POST /api/v1/auth/ws-tickets`";
    Failure::new(ProblemCode::AuthBadTicket, detail)
}
