//! The database as lines of text, and back.
//!
//! A [`Snapshot`] reads all tables in one transaction, so that it shows one moment whatever happens meanwhile, and page by
//! page, so that its memory does not grow with the database; as long as it lives no blob is removed. [`Restoring`] makes a
//! new database of such lines.
//!
//! The database's own export is not used: it has the schema in it, of which the migrations are the only source here, and it
//! does not tell which blobs and partial files the same moment refers to.

mod restore;
mod snapshot;

pub use restore::{Restoring, RestoringBlobs};
pub use snapshot::Snapshot;
