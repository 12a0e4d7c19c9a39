//! What every worker process shares, whatever it converts: the frames it speaks with the daemon, the trait that a
//! converter implements, the loop that serves it, and the limits and the sandbox that it locks itself into.
//!
//! Everything here is synchronous: a worker does one thing at a time, and the daemon ends it by killing the process.

mod converter;
mod frame;
mod group;
mod limits;
mod protocol;
mod sandbox;
mod serve;

pub use converter::{ArtifactFile, AssembleJob, Converter, FilePages, InputFile, Inspection, PageJob, Refusal};
pub use frame::{FrameError, LARGEST_FRAME, read_frame, write_frame};
pub use group::end_group;
pub use protocol::{Reply, Request};
pub use serve::{ServeError, serve};
