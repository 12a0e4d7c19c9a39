//! Reads strips: each one line of text.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use rten::ThreadPool;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::alphabet::Alphabet;
use super::ctc::{Emission, decode};
use super::model::{Model, read_text};
use super::rectify::{STRIP_HEIGHT, Strip};
use crate::engine::EngineError;

/// How many strips are read at once at most.
const BATCH: usize = 4;
/// The widths of strips read at once differ by no more than this factor: the narrower ones are padded.
const BATCH_SPREAD: f32 = 1.15;
/// The model takes widths that are multiples of this, and not below [`NARROWEST`].
const STEP: usize = 8;
/// Narrower strips are padded to this.
const NARROWEST: usize = 64;

/// What was read in one strip.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Reading {
    /// The characters with where they are: in fractions of the strip's width.
    pub(super) letters: Vec<Letter>,
    /// The mean of their probabilities; 0 if nothing was read.
    pub(super) confidence: f32,
}

/// One character of a strip.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Letter {
    /// What it is; a space is one too.
    pub(super) text: String,
    /// How sure the model is of it.
    pub(super) probability: f32,
    /// Where its middle is, in fractions of the strip's width.
    pub(super) middle: f32,
}

/// A recognition model and its alphabet.
#[derive(Debug)]
pub(super) struct Recogniser {
    model: Model,
    alphabet: Alphabet,
}

impl Recogniser {
    /// Loads a model with its alphabet from a file, or from the model's metadata.
    pub(super) fn load(path: &Path, alphabet: Option<&Path>) -> Result<Self, EngineError> {
        let model = Model::load(path, "recognition")?;
        let alphabet = match alphabet {
            Some(file) => Alphabet::from_lines(&read_text(file)?),
            None => Alphabet::from_lines(model.metadata("character").ok_or_else(|| model.unusable("no alphabet in it"))?),
        };
        Ok(Self { model, alphabet })
    }

    /// Reads strips on this pool; the readings are in the order of the strips.
    pub(super) fn read(&self, strips: &[&Strip], pool: &Arc<ThreadPool>) -> Result<Vec<Reading>, EngineError> {
        let batches = batches(&strips.iter().map(|strip| strip.width).collect::<Vec<_>>());
        let read = |batch: Vec<usize>| {
            let strips: Vec<&Strip> = batch.iter().map(|&index| strips[index]).collect();
            Ok(batch.into_iter().zip(self.read_batch(&strips, pool)?).collect::<Vec<_>>())
        };
        let read: Vec<Vec<_>> = pool.run(|| batches.into_par_iter().map(read).collect::<Result<_, EngineError>>())?;
        let mut readings = vec![Reading::default(); strips.len()];
        for (index, reading) in read.into_iter().flatten() {
            readings[index] = reading;
        }
        Ok(readings)
    }

    fn read_batch(&self, strips: &[&Strip], pool: &Arc<ThreadPool>) -> Result<Vec<Reading>, EngineError> {
        let widest = strips.iter().map(|strip| strip.width).max().unwrap_or(0);
        let width = widest.next_multiple_of(STEP).max(NARROWEST);
        let output: NdTensor<f32, 3> = self.model.run(tensor(strips, width), pool)?;
        let [_, steps, classes] = output.shape();
        if classes != self.alphabet.classes() {
            let reason = format!("{classes} classes, but an alphabet for {}", self.alphabet.classes());
            return Err(self.model.unusable(reason));
        }
        let probabilities = output.data().unwrap_or_default();
        let lines = probabilities.chunks_exact((steps * classes).max(1)).zip(strips);
        Ok(lines.map(|(line, strip)| self.reading(&decode(line, classes), width, steps, strip.width)).collect())
    }

    /// Puts emissions at their places: `steps` of them cover `width` pixels, of which the strip has `strip_width`.
    #[allow(clippy::cast_precision_loss)] // Widths are below 2^24.
    fn reading(&self, emissions: &[Emission], width: usize, steps: usize, strip_width: usize) -> Reading {
        let step = width as f32 / steps.max(1) as f32;
        let letter = |emission: &Emission| {
            let text = self.alphabet.character(emission.class)?.to_owned();
            let middle = (emission.steps.start + emission.steps.end) as f32 / 2.0 * step / strip_width as f32;
            Some(Letter { text, probability: emission.probability, middle: middle.min(1.0) })
        };
        let letters: Vec<Letter> = emissions.iter().filter_map(letter).collect();
        let sum: f32 = letters.iter().map(|letter| letter.probability).sum();
        Reading { confidence: sum / letters.len().max(1) as f32, letters }
    }
}

/// The model's input `[strips, 3, 48, width]`: blue, green, red from -1 to 1, 0 beyond a strip's width.
fn tensor(strips: &[&Strip], width: usize) -> NdTensor<f32, 4> {
    let height = STRIP_HEIGHT as usize;
    let mut data = vec![0.0; strips.len() * 3 * height * width];
    for (strip, planes) in strips.iter().zip(data.chunks_exact_mut(3 * height * width)) {
        for (channel, plane) in planes.chunks_exact_mut(height * width).enumerate() {
            for (row, pixels) in plane.chunks_exact_mut(width).zip(strip.rgb.chunks_exact(3 * strip.width)) {
                for (value, pixel) in row.iter_mut().zip(pixels.chunks_exact(3)) {
                    *value = f32::from(pixel[2 - channel]) * (2.0 / 255.0) - 1.0;
                }
            }
        }
    }
    NdTensor::from_data([strips.len(), 3, height, width], data)
}

/// Groups strips of like width, widest first, so that the long work starts early and little is padded.
#[allow(clippy::cast_precision_loss)] // Widths are below 2^24.
fn batches(widths: &[usize]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..widths.len()).collect();
    order.sort_by_key(|&index| (std::cmp::Reverse(widths[index]), index));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for index in order {
        let fits = |batch: &&mut Vec<usize>| {
            let widest = widths[batch[0]].max(NARROWEST) as f32;
            batch.len() < BATCH && widest <= BATCH_SPREAD * widths[index].max(NARROWEST) as f32
        };
        match batches.last_mut().filter(fits) {
            Some(batch) => batch.push(index),
            None => batches.push(vec![index]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strips_are_padded_with_grey() {
        let strip = |width: usize, value: u8| Strip { width, rgb: vec![value; 3 * width * STRIP_HEIGHT as usize] };
        let tensor = tensor(&[&strip(2, 255), &strip(1, 0)], 8);
        assert_eq!(tensor.shape(), [2, 3, 48, 8]);
        assert_eq!([tensor[[0, 2, 47, 1]], tensor[[0, 2, 47, 2]]], [1.0, 0.0]);
        assert_eq!([tensor[[1, 0, 0, 0]], tensor[[1, 0, 0, 1]]], [-1.0, 0.0]);
    }

    #[test]
    fn like_widths_are_read_together() {
        assert_eq!(batches(&[100, 500, 480, 99, 10, 490, 470, 460]), [vec![1, 5, 2, 6], vec![7], vec![0, 3], vec![4]]);
    }

    proptest! {
        #[test]
        fn every_strip_is_read_once(widths in prop::collection::vec(1_usize..3000, 0..50)) {
            let batches = batches(&widths);
            prop_assert!(batches.iter().all(|batch| (1..=BATCH).contains(&batch.len())));
            let mut all: Vec<usize> = batches.into_iter().flatten().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..widths.len()).collect::<Vec<_>>());
        }
    }
}
