//! End-to-end tests: the real daemon, real HTTP and websockets, a real database, real recognition. One module for each
//! step of a task's way, and one for each thing that may go wrong on it.

mod accounts;
mod accuracy;
mod bad_files;
mod bad_requests;
mod cancel;
mod cli;
mod convert;
mod docs;
mod download;
mod engines;
mod faults;
mod fetch;
mod fetch_private;
mod formats;
mod idempotency;
mod lists;
mod ops;
mod preparation;
mod queue;
mod quotas;
mod recognize;
mod register;
mod restart;
mod results;
mod tokens;
mod tus;
mod two_users;
mod upload;
mod upload_digest;
mod upload_limits;
mod webhooks;
mod websocket;
