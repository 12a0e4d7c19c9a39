//! Requests to addresses that users name: files given by URL, and webhooks.
//!
//! Whoever lets others name addresses can be made to ask what only it can reach: its own services, those of the network
//! behind it, the metadata of a cloud. So only public addresses are asked, unless an operator allows a network:
//!
//! - names are resolved by [`resolver`], which hands on permitted addresses only; the connection is made to one of these,
//!   so an answer that changes between the check and the connection changes nothing;
//! - numbers in URLs are checked in whatever spelling they come, as the URL parser reads them;
//! - the public addresses of this machine itself are none of those: what listens there may be closed to all others;
//! - each redirect is a new URL, checked like the first;
//! - no proxy of the environment is used, as it would resolve names itself.

mod address;
mod client;
mod resolver;
#[cfg(test)]
mod tests;

pub(crate) use client::{Outbound, OutboundError, reason};
