//! A daemon that is killed again and again, or whose steps fail, while clients use it, and a model of what must hold all the
//! same.
//!
//! ```text
//! trial         one run: a daemon, its clients, its faults, and the reckoning at the end
//!  ├ fault      what is done to the daemon: a kill after a time or at a point, a step that fails
//!  ├ story      what a client does: one task after the other, of every kind
//!  ├ steps      the single steps of that
//!  ├ identity   what is done beside tasks: logins, API keys, tickets, accounts
//!  ├ remote     a client that does not give up while the daemon is away
//!  ├ known      what a client knows of a task, and whether what it sees of it fits
//!  └ account    the reckoning: every task there, one end, one result, that it was told, nothing left behind
//! restore       a data directory made of a backup, killed at every point of that
//! first_start   the very first start, killed at every point of it
//! soak          the same clients and some slow ones for long, without kills: what the daemon holds must not grow
//! ```
//!
//! Everything that is drawn by lot comes from one seed. What two clients do at the same moment depends on the machine, so
//! the same seed makes the same requests and the same kills, but need not let them meet in the same way.

mod account;
mod fault;
mod first_start;
mod identity;
mod known;
mod remote;
mod restore;
mod soak;
mod steps;
mod story;
mod trial;

pub use fault::Faults;
pub use first_start::first_starts;
pub use restore::restores;
pub use soak::{Look, Soak};
pub use trial::{Summary, Trial};
