//! How to read a page.

use crate::params::Quality;

/// How to read a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadOptions {
    /// Speed or accuracy.
    pub quality: Quality,
    /// How many threads to use; 0 counts as 1.
    pub threads: usize,
    /// Lines of a lower mean confidence are dropped, from 0 to 1.
    pub min_confidence: f32,
    /// Whether Chinese or Japanese is expected. If not, a few such characters on a page are taken for misread ones of
    /// another script; a page that is mostly Chinese or Japanese is read all the same.
    pub cjk: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { quality: Quality::default(), threads: 1, min_confidence: 0.5, cjk: false }
    }
}
