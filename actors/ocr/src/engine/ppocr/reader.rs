//! The engine: from a page image to a page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use image::RgbImage;
use rayon::prelude::*;
use rten::ThreadPool;

use super::alphabet::is_wide;
use super::detector::Detector;
use super::files::PpOcrFiles;
use super::recogniser::{Reading, Script};
use super::recognisers::{Recognisers, Tier};
use super::rectangle::Rectangle;
use super::rectify::{Strip, rectify};
use super::text;
use crate::engine::{Engine, EngineError, Quality, ReadOptions};
use crate::layout;
use crate::models;
use crate::neural::Pools;
use crate::page::Page;
use crate::reading::EngineInfo;

/// Below this mean confidence of the fast model, `balanced` has the accurate one read a line again.
const UNSURE: f32 = 0.97;
/// Below this mean confidence over its characters, a page read as Latin script is tried as Chinese or Japanese.
const DOUBTFUL: f32 = 0.7;
/// From this many times higher than wide, a box is tried as a line of sideways text.
const SIDEWAYS: f32 = 1.5;
/// Up to this many times higher than wide, a box may as well be a single upright character.
const TALLEST_CHARACTER: f32 = 4.0;

/// Reads pages with PP-OCR models. They are loaded when they are first needed, and kept.
#[derive(Debug)]
pub struct PpOcr {
    files: PpOcrFiles,
    detector: Option<Detector>,
    recognisers: Recognisers,
    pools: Pools,
}

/// How long the parts of reading a page took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    /// Finding the lines.
    pub detection: Duration,
    /// Reading them.
    pub recognition: Duration,
    /// Putting them in order.
    pub layout: Duration,
    /// How many lines were found.
    pub lines: usize,
    /// How many of them were read again by the accurate model.
    pub read_again: usize,
}

/// A box of the detector, in one of the directions that its text may read.
struct Candidate {
    index: usize,
    rectangle: Rectangle,
    strip: Strip,
}

impl PpOcr {
    /// An engine with these models. None is loaded yet.
    #[must_use]
    pub fn new(files: PpOcrFiles) -> Self {
        Self { recognisers: Recognisers::new(files.clone()), files, detector: None, pools: Pools::default() }
    }

    /// Reads a page image and says how long it took.
    ///
    /// # Errors
    /// As [`Engine::recognise`].
    pub fn read(&mut self, image: &RgbImage, options: &ReadOptions) -> Result<(Page, Timing), EngineError> {
        let pool = self.pools.of(options.threads);
        let mut timing = Timing::default();
        let started = Instant::now();
        let boxes = detector(&mut self.detector, &self.files)?.detect(image, &pool)?;
        timing.detection = started.elapsed();
        timing.lines = boxes.len();

        let started = Instant::now();
        let mut lines = Vec::new();
        let readings = self.read_boxes(image, &boxes, options, &pool, &mut timing)?;
        for (rectangle, reading) in &readings {
            if reading.confidence >= options.min_confidence {
                lines.extend(text::line(reading, rectangle, image.dimensions()));
            }
        }
        timing.recognition = started.elapsed();

        let started = Instant::now();
        let blocks = layout::arrange(lines);
        timing.layout = started.elapsed();
        Ok((Page { width: image.width(), height: image.height(), blocks }, timing))
    }

    /// What is in each box, read in the direction that reads best.
    fn read_boxes(
        &mut self,
        image: &RgbImage,
        boxes: &[Rectangle],
        options: &ReadOptions,
        pool: &Arc<ThreadPool>,
        timing: &mut Timing,
    ) -> Result<Vec<(Rectangle, Reading)>, EngineError> {
        let candidates = candidates(image, boxes, pool)?;
        let strips: Vec<&Strip> = candidates.iter().map(|candidate| &candidate.strip).collect();
        let tier = if options.quality == Quality::Accurate { Tier::Accurate } else { Tier::Fast };
        let (mut readings, script) = self.read_strips(&strips, tier, options.expects_cjk(), pool)?;
        if options.quality == Quality::Balanced {
            let unsure: Vec<usize> = (0..strips.len()).filter(|&index| readings[index].confidence < UNSURE).collect();
            timing.read_again = unsure.len();
            let strips: Vec<&Strip> = unsure.iter().map(|&index| strips[index]).collect();
            let again = self.recognisers.get(Tier::Accurate, script)?.read(&strips, pool)?;
            for (index, reading) in unsure.into_iter().zip(again) {
                readings[index] = reading;
            }
        }
        let mut best: Vec<Option<(Rectangle, Reading)>> = vec![None; boxes.len()];
        for (candidate, reading) in candidates.iter().zip(readings) {
            let place = &mut best[candidate.index];
            if place.as_ref().is_none_or(|(_, other)| other.confidence < reading.confidence) {
                *place = Some((candidate.rectangle, reading));
            }
        }
        Ok(best.into_iter().flatten().collect())
    }

    /// Reads strips as Latin script, and if that makes little sense of them, looks whether it is another.
    fn read_strips(
        &mut self,
        strips: &[&Strip],
        tier: Tier,
        cjk: bool,
        pool: &Arc<ThreadPool>,
    ) -> Result<(Vec<Reading>, Script), EngineError> {
        if !cjk {
            let readings = self.recognisers.get(tier, Script::Latin)?.read(strips, pool)?;
            if !makes_little_sense(&readings) {
                return Ok((readings, Script::Latin));
            }
            let any = self.recognisers.get(tier, Script::Any)?.read(strips, pool)?;
            return Ok(if is_cjk(&any) { (any, Script::Any) } else { (readings, Script::Latin) });
        }
        Ok((self.recognisers.get(tier, Script::Any)?.read(strips, pool)?, Script::Any))
    }
}

impl Engine for PpOcr {
    fn prepare(&mut self, quality: Quality) -> Result<(), EngineError> {
        detector(&mut self.detector, &self.files)?;
        if quality != Quality::Accurate {
            self.recognisers.get(Tier::Fast, Script::Latin)?;
        }
        if quality != Quality::Fast {
            self.recognisers.get(Tier::Accurate, Script::Latin)?;
        }
        Ok(())
    }

    fn info(&mut self, options: &ReadOptions) -> Result<EngineInfo, EngineError> {
        Ok(EngineInfo {
            name: "ppocr".to_owned(),
            version: None,
            models: models::named(PpOcrFiles::used(options.quality)),
        })
    }

    fn recognise(&mut self, image: &RgbImage, options: &ReadOptions) -> Result<Page, EngineError> {
        let (page, timing) = self.read(image, options)?;
        tracing::debug!(
            lines = timing.lines,
            read_again = timing.read_again,
            detection_ms = timing.detection.as_millis(),
            recognition_ms = timing.recognition.as_millis(),
            "page read"
        );
        Ok(page)
    }
}

/// The strips to read: one of each box, several of boxes that may hold sideways text.
fn candidates(image: &RgbImage, boxes: &[Rectangle], pool: &Arc<ThreadPool>) -> Result<Vec<Candidate>, EngineError> {
    let directed = boxes.iter().enumerate().flat_map(|(index, found)| directions(*found).map(move |r| (index, r)));
    let cut = |(index, rectangle): (usize, Rectangle)| {
        let failed = |error| EngineError::Inference { stage: "recognition", reason: format!("no strip: {error}") };
        Ok(Candidate { index, rectangle, strip: rectify(image, &rectangle).map_err(failed)? })
    };
    let directed: Vec<_> = directed.collect();
    pool.run(|| directed.into_par_iter().map(cut).collect())
}

/// The directions in which the text of a box may read.
fn directions(found: Rectangle) -> impl Iterator<Item = Rectangle> {
    let ratio = found.thickness / found.length;
    let upright = (ratio < TALLEST_CHARACTER).then_some(found);
    let sideways = (ratio >= SIDEWAYS).then(|| [found.turned(true), found.turned(false)]);
    upright.into_iter().chain(sideways.into_iter().flatten())
}

/// Whether a page is mostly Chinese or Japanese.
fn is_cjk(readings: &[Reading]) -> bool {
    let letters = readings.iter().flat_map(|reading| &reading.letters).flat_map(|letter| letter.text.chars());
    let (wide, all) = letters
        .filter(|character| character.is_alphanumeric())
        .fold((0_usize, 0_usize), |(wide, all), character| (wide + usize::from(is_wide(character)), all + 1));
    wide > all / 4
}

/// Whether the lines of a page are so unsure that they may be of another script.
#[allow(clippy::cast_precision_loss)] // Pages have fewer than 2^24 letters.
fn makes_little_sense(readings: &[Reading]) -> bool {
    let letters = readings.iter().flat_map(|reading| &reading.letters);
    let (sum, count) = letters.fold((0.0, 0_usize), |(sum, count), letter| (sum + letter.probability, count + 1));
    count > 0 && sum < DOUBTFUL * count as f32
}

fn detector<'a>(slot: &'a mut Option<Detector>, files: &PpOcrFiles) -> Result<&'a Detector, EngineError> {
    loaded(slot, || Detector::load(&files.detection))
}

/// What is in the slot, loaded into it first if need be.
fn loaded<T>(slot: &mut Option<T>, load: impl FnOnce() -> Result<T, EngineError>) -> Result<&T, EngineError> {
    match slot {
        Some(value) => Ok(value),
        empty @ None => Ok(empty.insert(load()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::recogniser::Letter;
    use super::super::rectangle::Point;
    use super::*;

    fn reading(text: &str, probability: f32) -> Reading {
        let letter = |text: char| Letter { text: text.into(), probability, middle: 0.5 };
        Reading { letters: text.chars().map(letter).collect(), confidence: probability }
    }

    #[test]
    fn a_page_that_is_mostly_chinese_is_told_from_one_with_misread_signs() {
        assert!(is_cjk(&[reading("电话：01", 0.9), reading("No", 0.9)]));
        assert!(!is_cjk(&[reading("Room：01", 0.9), reading("Thank you", 0.9), reading("T信", 0.9)]));
        assert!(!is_cjk(&[]));
    }

    #[test]
    fn unsure_pages_make_little_sense() {
        assert!(makes_little_sense(&[reading("xq", 0.4), reading("w", 0.8)]));
        assert!(!makes_little_sense(&[reading("xq", 0.4), reading("wonderful", 0.9)]));
        assert!(!makes_little_sense(&[]));
    }

    #[test]
    fn tall_boxes_are_read_in_all_directions_that_make_sense() {
        let of = |length: f32, thickness: f32| {
            let center = Point { x: 0.0, y: 0.0 };
            let all = directions(Rectangle { center, along: (1.0, 0.0), length, thickness });
            all.map(|rectangle| rectangle.along).collect::<Vec<_>>()
        };
        let (level, down, up) = ((1.0, 0.0), (0.0, 1.0), (0.0, -1.0));
        let same = |found: Vec<(f32, f32)>, wanted: &[(f32, f32)]| {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| a.0 == b.0 && a.1 == b.1)
        };
        assert!(same(of(100.0, 20.0), &[level]));
        assert!(same(of(10.0, 20.0), &[level, down, up]));
        assert!(same(of(10.0, 200.0), &[down, up]));
    }
}
