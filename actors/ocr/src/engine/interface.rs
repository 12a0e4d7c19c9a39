//! The trait of all engines.

use image::RgbImage;

use super::{EngineError, Quality, ReadOptions};
use crate::page::Page;
use crate::reading::EngineInfo;

/// Reads the text of page images. One lives in each worker process and holds its models from one page to the next.
pub trait Engine: Send {
    /// Loads what reading at this quality takes, so that the first page does not wait for it.
    ///
    /// # Errors
    /// [`EngineError`] if a model is missing or can't be used.
    fn prepare(&mut self, quality: Quality) -> Result<(), EngineError>;

    /// What reads with these options: the engine's name and its models.
    ///
    /// # Errors
    /// [`EngineError`] if a model is missing or can't be used.
    fn info(&mut self, options: &ReadOptions) -> Result<EngineInfo, EngineError>;

    /// Reads a page image whose text is more or less level and upright. The boxes in the result are in its pixels; a page
    /// without text gives a page without blocks. The same image and options give the same result, whatever the number of
    /// threads.
    ///
    /// # Errors
    /// [`EngineError`] if a model is missing or can't be used.
    fn recognise(&mut self, image: &RgbImage, options: &ReadOptions) -> Result<Page, EngineError>;
}
