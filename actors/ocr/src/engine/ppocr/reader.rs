//! The engine: from a page image to a page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use image::RgbImage;
use rayon::prelude::*;
use rten::ThreadPool;

use super::alphabet::is_wide;
use super::detector::Detector;
use super::files::PpOcrFiles;
use super::recogniser::{Reading, Recogniser};
use super::rectangle::Rectangle;
use super::rectify::{Strip, rectify};
use super::text;
use super::threads::Pools;
use crate::engine::{Engine, EngineError, Quality, ReadOptions};
use crate::layout;
use crate::page::Page;

/// Below this mean confidence of the fast model, `balanced` has the accurate one read a line again.
const UNSURE: f32 = 0.93;
/// From this many times higher than wide, a box is tried as a line of sideways text.
const SIDEWAYS: f32 = 1.5;
/// Up to this many times higher than wide, a box may as well be a single upright character.
const TALLEST_CHARACTER: f32 = 4.0;

/// Reads pages with PP-OCR models. They are loaded when they are first needed, and kept.
#[derive(Debug)]
pub struct PpOcr {
    files: PpOcrFiles,
    detector: Option<Detector>,
    fast: Option<Recogniser>,
    accurate: Option<Recogniser>,
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
        Self { files, detector: None, fast: None, accurate: None, pools: Pools::default() }
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
        let mut readings = match options.quality {
            Quality::Accurate => accurate(&mut self.accurate, &self.files)?.read(&strips, pool)?,
            Quality::Fast | Quality::Balanced => fast(&mut self.fast, &self.files)?.read(&strips, pool)?,
        };
        let cjk = options.cjk || is_cjk(&readings);
        settle(&mut readings, cjk);
        if options.quality == Quality::Balanced {
            let unsure: Vec<usize> = (0..strips.len()).filter(|&index| readings[index].confidence < UNSURE).collect();
            timing.read_again = unsure.len();
            let strips: Vec<&Strip> = unsure.iter().map(|&index| strips[index]).collect();
            let mut again = accurate(&mut self.accurate, &self.files)?.read(&strips, pool)?;
            settle(&mut again, cjk);
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
}

impl Engine for PpOcr {
    fn prepare(&mut self, quality: Quality) -> Result<(), EngineError> {
        detector(&mut self.detector, &self.files)?;
        if quality != Quality::Accurate {
            fast(&mut self.fast, &self.files)?;
        }
        if quality != Quality::Fast {
            accurate(&mut self.accurate, &self.files)?;
        }
        Ok(())
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

/// Decides for all lines whether Chinese and Japanese characters count.
fn settle(readings: &mut [Reading], cjk: bool) {
    for reading in readings {
        if let Some(narrow) = reading.narrow.take().filter(|_| !cjk) {
            *reading = *narrow;
        }
    }
}

fn detector<'a>(slot: &'a mut Option<Detector>, files: &PpOcrFiles) -> Result<&'a Detector, EngineError> {
    loaded(slot, || Detector::load(&files.detection))
}

fn fast<'a>(slot: &'a mut Option<Recogniser>, files: &PpOcrFiles) -> Result<&'a Recogniser, EngineError> {
    loaded(slot, || Recogniser::load(&files.fast_recognition, Some(&files.fast_alphabet)))
}

fn accurate<'a>(slot: &'a mut Option<Recogniser>, files: &PpOcrFiles) -> Result<&'a Recogniser, EngineError> {
    loaded(slot, || Recogniser::load(&files.accurate_recognition, None))
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

    fn reading(text: &str, narrow: Option<&str>) -> Reading {
        let letter = |text: char| Letter { text: text.into(), probability: 0.9, middle: 0.5 };
        let narrow = narrow.map(|narrow| Box::new(reading(narrow, None)));
        Reading { letters: text.chars().map(letter).collect(), confidence: 0.9, narrow }
    }

    fn settled(readings: &[Reading], expected: bool) -> String {
        let mut readings = readings.to_vec();
        let cjk = expected || is_cjk(&readings);
        settle(&mut readings, cjk);
        readings.iter().flat_map(|reading| &reading.letters).map(|letter| letter.text.as_str()).collect()
    }

    #[test]
    fn stray_ideographs_are_read_as_letters_unless_they_are_expected() {
        let latin = [reading("Room：01", Some("Room:01")), reading("Thank you", None), reading("T信", Some("Ti"))];
        assert_eq!(settled(&latin, false), "Room:01Thank youTi");
        assert_eq!(settled(&latin, true), "Room：01Thank youT信");
        assert_eq!(settled(&[reading("电话：01", Some("I:01")), reading("No", None)], false), "电话：01No");
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
