//! Tickets for websockets and server-sent events.

use std::sync::Arc;

use d2d_api::Ticket;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::Auth;
use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};

pub(super) struct TicketsApi(pub(super) Arc<Auth>);

problems! {
    TicketProblems: AuthForbidden;
}

#[derive(ApiResponse)]
enum TicketAnswer {
    /// A ticket.
    #[oai(status = 201)]
    Created(
        Json<Ticket>,
        /// Always `no-store`: the answer has a secret in it.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Tokens")]
impl TicketsApi {
    /// Get a ticket
    ///
    /// For browsers, which can't set headers when they open a websocket or an event source: append it to the address, as
    /// `?ticket=...`. It can be used once, within 30 seconds, and stands for the token or API key of this request: when
    /// that ends, what was opened with the ticket ends.
    #[oai(path = "/auth/ws-tickets", method = "post", operation_id = "create_ticket")]
    async fn create(&self, caller: Signed) -> Result<TicketAnswer, Fails<TicketProblems>> {
        let ticket = self.0.ticket(&caller.0).await?;
        Ok(TicketAnswer::Created(Json(ticket), "no-store".to_owned()))
    }
}
