//! The trait of all engines.

use image::RgbImage;

use super::{EngineError, Quality, ReadOptions};
use crate::page::Page;

/// Reads the text of page images. One lives in each worker process and holds its models from one page to the next.
pub trait Engine: Send {
    /// Loads what reading at this quality takes, so that the first page does not wait for it.
    ///
    /// # Errors
    /// [`EngineError`] if a model is missing or can't be used.
    fn prepare(&mut self, quality: Quality) -> Result<(), EngineError>;

    /// Reads a page image. The boxes in the result are in its pixels; a page without text gives a page without blocks.
    /// The same image and options give the same result, whatever the number of threads.
    ///
    /// # Errors
    /// [`EngineError`] if a model is missing or can't be used.
    fn recognise(&mut self, image: &RgbImage, options: &ReadOptions) -> Result<Page, EngineError>;
}
