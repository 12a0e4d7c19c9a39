//! End-to-end tests: the real daemon, real HTTP and websockets, a real database, real recognition. One module for each
//! step of a task's way, and one for each thing that may go wrong on it.

mod accounts;
mod accuracy;
mod archive;
mod bad_files;
mod bad_requests;
mod cancel;
mod cli;
mod convert;
mod docs;
mod download;
mod engines;
mod events;
mod faults;
mod formats;
mod links;
mod lists;
mod ops;
mod preparation;
mod queue;
mod register;
mod restart;
mod results;
mod retention;
mod retry;
mod tokens;
mod two_users;
mod upload;
mod upload_limits;
mod websocket;
