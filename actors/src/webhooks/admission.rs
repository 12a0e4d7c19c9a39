//! Who may be told: what is checked when a task is registered.

use d2d_api::{FieldError, NewWebhook};
use d2d_store::NewWebhookRow;

use super::secret;
use crate::Refused;
use crate::outbound::Outbound;

/// Where the URL stands in the registration.
const URL: &str = "/webhook/url";

/// Admits a webhook whose secret, if it has one, was found right; one without gets a secret.
///
/// # Errors
/// `fetch.bad_url`, `fetch.forbidden_address`. A name is looked up when a message is sent, and may be refused then.
pub(crate) fn admit(new: NewWebhook, outbound: &Outbound) -> Result<NewWebhookRow, Refused> {
    let url = outbound.admit(&new.url).map_err(|error| {
        Refused::fields(error.code(), vec![FieldError { pointer: URL.to_owned(), detail: error.to_string() }])
    })?;
    Ok(NewWebhookRow {
        host: url.host_str().unwrap_or_default().to_owned(),
        secret: new.secret.map_or_else(secret::make, Ok)?,
        url: new.url,
    })
}
