//! The storage engine under the embedded database, one major version newer than the database asks for.
//!
//! surrealdb 3.3 is made for surrealkv 0.21, which can lose a transaction that was acknowledged: what fills the memory table
//! is written to the log that ends with that table, but is held by the next one, and a start passes over the log once the
//! first table is on the disk. surrealkv 1 changes the log and the table together. All that 3.3 uses of it is the same in both
//! but for one setting, so this crate stands in for the older one (`[patch]` in the manifest of the workspace). It goes when
//! surrealdb asks for surrealkv 1 itself.

use std::path::PathBuf;

pub use surrealkv_1::*;

/// Settings to open a database with: those that surrealdb 3.3 makes.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "what it holds has none")]
pub struct TreeBuilder(surrealkv_1::TreeBuilder);

/// Methods that hand their argument on.
macro_rules! handed_on {
    ($($name:ident($($argument:ident: $kind:ty),+);)+) => {
        $(
            #[doc = concat!("As [`surrealkv_1::TreeBuilder::", stringify!($name), "`].")]
            #[must_use]
            pub fn $name(self, $($argument: $kind),+) -> Self {
                Self(self.0.$name($($argument),+))
            }
        )+
    };
}

impl TreeBuilder {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    handed_on! {
        with_block_cache_capacity(bytes: u64);
        with_block_size(bytes: usize);
        with_enable_vlog(enable: bool);
        with_max_memtable_size(bytes: usize);
        with_path(path: PathBuf);
        with_versioning(enable: bool, retention_ns: u64);
        with_vlog_max_file_size(bytes: u64);
        with_vlog_value_threshold(bytes: usize);
    }

    /// surrealkv 1 has no such index; surrealdb asks for it only together with versions, which are not used here.
    #[must_use]
    pub fn with_versioned_index(self, _enable: bool) -> Self {
        self
    }

    /// Opens the database.
    ///
    /// # Errors
    /// As [`surrealkv_1::TreeBuilder::build`].
    pub fn build(self) -> Result<Tree> {
        self.0.build()
    }
}
