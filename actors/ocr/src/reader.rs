//! From the image of a page to what is on it: prepared, read by an engine, and brought back to the page as it came.

use std::path::Path;

use image::RgbImage;

use crate::engine::{Engine, EngineError, ReadOptions};
use crate::page::Page;
use crate::params::OcrParams;
use crate::prepare::{Orientation, Placement, Quarter, raise_contrast, skew};
use crate::reading::Preparation;

/// Lines that slope less than this many degrees are read as they are: engines take them.
const SLIGHT: f32 = 2.0;
/// A page that was turned and is read with less confidence than this is tried as it came.
const DOUBTFUL: f32 = 0.8;

/// What to do to a page before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wishes {
    /// Turn it upright.
    pub rotate: bool,
    /// Level its lines.
    pub deskew: bool,
    /// Raise the contrast of faint ink.
    pub contrast: bool,
}

impl Wishes {
    /// Leave it as it is.
    pub const NONE: Self = Self { rotate: false, deskew: false, contrast: false };

    /// What the parameters say.
    #[must_use]
    pub const fn of(params: &OcrParams) -> Self {
        Self { rotate: params.rotate, deskew: params.deskew, contrast: params.contrast }
    }
}

/// Prepares pages and has them read.
#[derive(Debug)]
pub struct PageReader {
    orientation: Orientation,
}

impl PageReader {
    /// With the models of this directory.
    #[must_use]
    pub fn new(models: &Path) -> Self {
        Self { orientation: Orientation::new(models) }
    }

    /// Loads what preparing pages takes, so that the first page does not wait for it.
    ///
    /// # Errors
    /// [`EngineError`] if a model is missing or can't be used.
    pub fn prepare(&mut self) -> Result<(), EngineError> {
        self.orientation.prepare()
    }

    /// Reads a page with this engine. The boxes are in the pixels of the page as it came.
    ///
    /// # Errors
    /// [`EngineError`] if a model is missing or can't be used.
    pub fn read(
        &mut self,
        mut page: RgbImage,
        wishes: Wishes,
        engine: &mut dyn Engine,
        options: &ReadOptions,
    ) -> Result<(Page, Preparation), EngineError> {
        let contrast_raised = wishes.contrast && raise_contrast(&mut page);
        let quarter = if wishes.rotate { self.orientation.of(&page)? } else { Quarter::None };
        let as_it_came = Placement::of(page.dimensions());
        let (placement, page) = as_it_came.turn(page, quarter);
        let (turned, slope) = read_level(&page, placement, wishes, engine, options)?;
        let done = Preparation { rotated: quarter.degrees(), skew: slope, contrast_raised };
        if quarter == Quarter::None || sense(&turned).1 >= DOUBTFUL {
            return Ok((turned, done));
        }
        let (_, page) = placement.turn(page, quarter.back());
        let (plain, slope) = read_level(&page, as_it_came, wishes, engine, options)?;
        if sense(&turned).0 >= sense(&plain).0 {
            return Ok((turned, done));
        }
        Ok((plain, Preparation { rotated: 0, skew: slope, contrast_raised }))
    }
}

/// Levels the page if it has to be, and reads it.
fn read_level(
    page: &RgbImage,
    placement: Placement,
    wishes: Wishes,
    engine: &mut dyn Engine,
    options: &ReadOptions,
) -> Result<(Page, f32), EngineError> {
    let slope = if wishes.deskew { skew(page) } else { 0.0 };
    if slope.abs() < SLIGHT {
        return Ok((placement.bring_back(engine.recognise(page, options)?), slope));
    }
    let (placement, level) = placement.level(page, slope);
    Ok((placement.bring_back(engine.recognise(&level, options)?), slope))
}

/// How much sense a reading makes: the sum and the mean of its words' confidences, by length.
#[allow(clippy::cast_precision_loss)] // Pages have fewer than 2^24 letters.
fn sense(page: &Page) -> (f32, f32) {
    let words = page.words().map(|word| (word.confidence.value(), word.text.chars().count() as f32));
    let (sum, letters) = words.fold((0.0, 0.0), |(sum, letters), (sure, count)| (sum + sure * count, letters + count));
    (sum, if letters > 0.0 { sum / letters } else { 0.0 })
}
