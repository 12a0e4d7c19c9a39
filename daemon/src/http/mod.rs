//! The HTTP side of the daemon: six services under `/api/v1`, each with its documentation, and the health probes.
//!
//! ```text
//! app, local_app     all routes, for TCP and for the operators' Unix socket
//!  └ edge            request id, span, panics; every error leaves as an RFC 9457 problem
//!     └ operations   what all operations share: 405, 406, unknown query parameters, the answers that any may give
//!        └ auth uploads ocr tasks downloads ops     one folder each, one file for a group of operations
//! ```
//!
//! A handler checks its input, calls one function of [`d2d_actors::System`] or [`Auth`], and maps the answer. Nothing
//! here parses what users upload, beyond the first bytes that tell its type.

mod accept;
mod app;
mod auth;
mod caller;
mod closing;
mod docs;
mod downloads;
mod edge;
mod fails;
mod health;
mod identity;
mod line;
mod ocr;
mod operations;
mod ops;
mod path;
mod payload;
mod peer;
mod problem;
mod request_id;
mod schemes;
mod scope;
mod socket;
mod tasks;
#[cfg(test)]
mod tests;
mod uploads;

pub(crate) use app::{AppState, app, local_app};
pub(crate) use identity::{Auth, hash_password};
pub(crate) use line::{LineAcceptor, Lines, Patience};
pub(crate) use peer::{OPERATORS, PeerAcceptor};
