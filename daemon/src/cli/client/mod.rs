//! A client of the public HTTP API: what the commands of the shell speak with a daemon, over TCP or its Unix socket.
//!
//! It knows what any client could know: the types of [`d2d_api`] and the addresses of the services.

mod backup;
mod connection;
mod dead_letters;
mod downloads;
mod error;
mod health;
mod server;
mod session;
mod tasks;
mod users;
mod watch;

pub(crate) use backup::DumpLines;
pub(crate) use connection::Client;
pub(crate) use error::ClientError;
pub(crate) use health::Health;
pub(crate) use session::Credentials;
