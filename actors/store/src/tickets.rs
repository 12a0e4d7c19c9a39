//! Tickets: what opens one stream of changes, once, in place of the token that it was got with.

use chrono::{DateTime, Utc};
use surrealdb::types::SurrealValue;

use crate::database::bind;
use crate::{Store, StoreError};

/// A ticket, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRow {
    /// The session of the token that it was got with.
    pub session: Option<String>,
    /// The API key that it was got with.
    pub api_key: Option<String>,
    /// When that token or key ends.
    pub token_expires_at: Option<DateTime<Utc>>,
    /// When the ticket itself ends.
    pub expires_at: DateTime<Utc>,
}

/// A ticket, as it is stored.
#[derive(SurrealValue)]
struct TicketRecord {
    session: Option<String>,
    api_key: Option<String>,
    token_expires_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
}

impl Store {
    /// Keeps a ticket, by the SHA-256 of it in hex.
    pub async fn create_ticket(&self, sha256: &str, ticket: TicketRow) -> Result<(), StoreError> {
        let query = "{
            CREATE type::record('ticket', $sha256) CONTENT {
                session: $family, api_key: $api_key, token_expires_at: $token_expires_at, expires_at: $expires_at
            } RETURN NONE;
            RETURN true;
        }";
        let bindings = bind! {
            sha256: sha256,
            family: ticket.session,
            api_key: ticket.api_key,
            token_expires_at: ticket.token_expires_at,
            expires_at: ticket.expires_at,
        };
        let _: bool = self.database().run("keep a ticket", query, bindings).await?;
        Ok(())
    }

    /// Takes a ticket: whoever comes second gets none. Whether its time is over is for the caller to see.
    pub async fn take_ticket(&self, sha256: &str) -> Result<Option<TicketRow>, StoreError> {
        let query = "(DELETE type::record('ticket', $sha256) RETURN BEFORE)[0]";
        let record: Option<TicketRecord> =
            self.database().run("take a ticket", query, bind! { sha256: sha256 }).await?;
        Ok(record.map(|record| TicketRow {
            session: record.session,
            api_key: record.api_key,
            token_expires_at: record.token_expires_at,
            expires_at: record.expires_at,
        }))
    }
}
