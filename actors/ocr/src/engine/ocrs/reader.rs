//! The engine: from a page image to a page.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use image::RgbImage;
use ocrs::{ImageSource, OcrEngine, OcrEngineParams, OcrInput};
use rayon::prelude::*;
use rten::ThreadPool;
use rten_imageproc::{BoundingRect, RotatedRect};

use super::files::{OcrsFiles, PACK};
use super::recogniser::Recogniser;
use crate::engine::ppocr::rectangle::{Point, Rectangle};
use crate::engine::ppocr::text;
use crate::engine::{Engine, EngineError, Quality, ReadOptions};
use crate::layout;
use crate::models::sha256_of;
use crate::neural::{Pools, bad_model, read_bytes};
use crate::page::{Line, Page, Quad, Rect, Word};
use crate::reading::{EngineInfo, ModelInfo};

/// Lines that are lower or narrower than this many pixels are specks.
const SMALLEST: f32 = 3.0;

/// Reads pages with the ocrs project's models. They are loaded when they are first needed, and kept. There is no choice
/// of quality.
#[derive(Debug)]
pub struct Ocrs {
    files: OcrsFiles,
    loaded: Option<Loaded>,
    models: Option<Vec<ModelInfo>>,
    pools: Pools,
}

struct Loaded {
    /// Finds and cuts out the lines. Detection runs on as many threads as there are cores, whatever is asked for: the
    /// crate does not let that be chosen.
    engine: OcrEngine,
    /// Reads them.
    recogniser: Recogniser,
}

impl Ocrs {
    /// An engine with these models. None is loaded yet.
    #[must_use]
    pub fn new(files: OcrsFiles) -> Self {
        Self { files, loaded: None, models: None, pools: Pools::default() }
    }
}

impl Loaded {
    fn load(files: &OcrsFiles) -> Result<Self, EngineError> {
        // The crate needs the recognition model too, for the height of the lines that it cuts out.
        let params = OcrEngineParams {
            detection_model: Some(model(&files.detection)?),
            recognition_model: Some(model(&files.recognition)?),
            ..OcrEngineParams::default()
        };
        let engine = OcrEngine::new(params).map_err(|error| bad_model(&files.detection, &error))?;
        Ok(Self { engine, recogniser: Recogniser::load(&files.recognition, files.alphabet.as_deref())? })
    }

    fn read(&self, image: &RgbImage, min_confidence: f32, pool: &Arc<ThreadPool>) -> Result<Vec<Line>, EngineError> {
        let failed = |reason: String| EngineError::Inference { stage: "detection", reason };
        let source = ImageSource::from_bytes(image.as_raw(), image.dimensions());
        let source = source.map_err(|error| failed(error.to_string()))?;
        let input = self.engine.prepare_input(source).map_err(|error| failed(error.to_string()))?;
        let words = self.engine.detect_words(&input).map_err(|error| failed(error.to_string()))?;
        let lines = self.engine.find_text_lines(&input, &words);
        let read = |words: &Vec<RotatedRect>| self.read_line(&input, words, image.dimensions(), min_confidence, pool);
        pool.run(|| lines.par_iter().filter_map(|words| read(words).transpose()).collect())
    }

    /// What is in a line of found words; `None` if it is nothing, or not sure enough.
    fn read_line(
        &self,
        input: &OcrInput,
        words: &[RotatedRect],
        size: (u32, u32),
        min_confidence: f32,
        pool: &Arc<ThreadPool>,
    ) -> Result<Option<Line>, EngineError> {
        let Some(rectangle) = around(words).filter(|found| found.length.min(found.thickness) >= SMALLEST) else {
            return Ok(None);
        };
        let line = self.engine.prepare_recognition_input(input, words);
        let failed = |reason: String| EngineError::Inference { stage: "recognition", reason };
        let reading = self.recogniser.read(&line.map_err(|error| failed(error.to_string()))?, pool)?;
        let line = text::line(&reading, &rectangle, size).filter(|_| reading.confidence >= min_confidence);
        Ok(line.and_then(|line| fitted(line, words)))
    }
}

impl Engine for Ocrs {
    fn prepare(&mut self, _: Quality) -> Result<(), EngineError> {
        loaded(&mut self.loaded, &self.files).map(|_| ())
    }

    fn info(&mut self, _: &ReadOptions) -> Result<EngineInfo, EngineError> {
        let models = match &self.models {
            Some(models) => models,
            None => self.models.insert(named(&[&self.files.detection, &self.files.recognition])?),
        };
        Ok(EngineInfo { name: "ocrs".to_owned(), version: None, models: models.clone() })
    }

    fn recognise(&mut self, image: &RgbImage, options: &ReadOptions) -> Result<Page, EngineError> {
        let pool = self.pools.of(options.threads);
        let lines = loaded(&mut self.loaded, &self.files)?.read(image, options.min_confidence, &pool)?;
        let (width, height) = image.dimensions();
        Ok(Page { width, height, blocks: layout::arrange(lines) })
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").field("recogniser", &self.recogniser).finish_non_exhaustive()
    }
}

/// The models, loaded first if need be.
fn loaded<'a>(slot: &'a mut Option<Loaded>, files: &OcrsFiles) -> Result<&'a Loaded, EngineError> {
    match slot {
        Some(loaded) => Ok(loaded),
        empty @ None => Ok(empty.insert(Loaded::load(files)?)),
    }
}

fn model(path: &Path) -> Result<rten::Model, EngineError> {
    rten::Model::load(read_bytes(path)?).map_err(|error| bad_model(path, &error))
}

/// The files as results name them. They may be others than the pack's, so they are hashed.
fn named(files: &[&Path]) -> Result<Vec<ModelInfo>, EngineError> {
    let name = |path: &Path| {
        let sha256 = File::open(path).and_then(|mut file| sha256_of(&mut file));
        let sha256 = sha256.map_err(|error| bad_model(path, &error))?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(ModelInfo { name: format!("{PACK}/{file}"), sha256 })
    };
    files.iter().map(|path| name(path)).collect()
}

/// The upright rectangle around words, which is what the crate cuts out of the page; `None` around none.
fn around(words: &[RotatedRect]) -> Option<Rectangle> {
    let bounds = words.iter().map(BoundingRect::bounding_rect).reduce(|a, b| a.union(b))?;
    let center = Point { x: bounds.center().x, y: bounds.center().y };
    Some(Rectangle { center, along: (1.0, 0.0), length: bounds.width(), thickness: bounds.height() })
}

/// The line with its words and characters as high as the found words at their places: a line that slopes is higher than
/// its words.
fn fitted(line: Line, words: &[RotatedRect]) -> Option<Line> {
    let found: Vec<_> = words.iter().map(BoundingRect::bounding_rect).collect();
    let fit = |quad: Quad| {
        let rect = quad.bounds();
        let shared = |other: &&rten_imageproc::RectF| {
            (other.right().min(rect.right as f32) - other.left().max(rect.left as f32)).max(0.0)
        };
        let best = found.iter().max_by(|a, b| shared(a).total_cmp(&shared(b)));
        let best = best.filter(|best| shared(best) > 0.0)?.integral_bounding_rect();
        let (top, bottom) = (best.top().max(rect.top), best.bottom().min(rect.bottom));
        (top < bottom).then(|| Quad::from(Rect { top, bottom, ..rect }))
    };
    let fit = |quad: Quad| fit(quad).unwrap_or(quad);
    let words = line.words.into_iter().filter_map(|mut word| {
        let rect = fit(word.quad).bounds();
        for char in &mut word.chars {
            char.quad = Quad::from(Rect { top: rect.top, bottom: rect.bottom, ..char.quad.bounds() });
        }
        Word::of(word.chars)
    });
    Line::of(words.collect())
}
