//! Runs the real daemon on a port and in a directory of its own, and speaks to it as clients do: with a code of its own,
//! so that a fault of the project's own client can't hide one of the daemon.

mod answer;
mod call;
mod cli;
mod client;
mod daemon;
mod events;
mod flow;
mod home;
mod origin;
mod process;
mod program;
mod receiver;
mod shared;
mod socket;
mod wait;
mod wire;

pub use answer::Answer;
pub use call::Ask;
pub use cli::Cli;
pub use client::{API, Client};
pub use daemon::{Daemon, PASSWORD};
pub use events::{Event, Events};
pub use flow::{Upload, ocr};
pub use origin::{Origin, Reply};
pub use program::{Run, built, program};
pub use receiver::{Received, Receiver, SILENCE};
pub use shared::{Shared, shared};
pub use socket::Socket;
pub use wait::{SOON, eventually, within};
pub use wire::Wire;
