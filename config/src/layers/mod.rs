//! Where settings come from, and how the layers become one.

mod entry;
mod environment;
mod error;
mod file;
mod keys;
mod load;
mod origin;
mod settings;

pub use environment::{NOT_SETTINGS, PREFIX};
pub use error::{ConfigError, Fault};
pub use file::{DEFAULT_FILE, find_file};
pub use load::{Flag, Sources, load};
pub use origin::Origin;
pub use settings::{Loaded, Setting};
