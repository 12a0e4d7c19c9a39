//! What is taken at most, checked from headers before memory is spent.

use serde::{Deserialize, Serialize};

/// What is taken at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The bytes of a file.
    pub file_bytes: u64,
    /// The pages of a file.
    pub pages: u32,
    /// The pixels of a page.
    pub pixels: u64,
    /// The bytes of memory that decoding a page may take, as far as its header tells.
    pub decoded_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 2 << 30, pages: 20_000, pixels: 200_000_000, decoded_bytes: 1 << 30 }
    }
}
