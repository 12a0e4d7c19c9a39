//! Taking files in, wherever they come from: what a task still takes, what a file is by its first bytes, and its bytes
//! counted, bounded and made durable as they come. Nothing is parsed beyond those first bytes.

mod bounds;
mod disposition;
mod media_type;
mod receiver;
mod slot;

pub(crate) use bounds::Bounds;
pub use disposition::name_in_disposition;
pub(crate) use media_type::is_extension;
pub use media_type::{LONGEST_HEAD, USUAL_HEAD, extension, media_type};
pub use receiver::{FileSource, Received, Receiver};
pub use slot::UploadSlot;
