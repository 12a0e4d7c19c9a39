//! The connections over TCP: how many there may be, how long they may be of no use, and whether the client of a request is
//! still on the line.
//!
//! The HTTP library waits for ever for the rest of a request and for a client to take an answer, and takes as many
//! connections as come. Here each connection is counted when it is [accepted](LineAcceptor), and its bytes are
//! [watched](Watched) as they pass: who keeps it and sends no request, or takes nothing, is cut off.

mod acceptor;
mod course;
mod lines;
mod watched;

pub(crate) use acceptor::LineAcceptor;
pub(crate) use course::Patience;
pub(crate) use lines::Lines;
pub(super) use lines::{hang_up, under_way};
