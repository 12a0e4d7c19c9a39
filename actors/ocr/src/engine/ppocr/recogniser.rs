//! Reads strips: each one line of text.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use rten::ThreadPool;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::alphabet::Alphabet;
use super::ctc::{Emission, decode};
use super::rectify::{STRIP_HEIGHT, Strip};
use crate::engine::EngineError;
use crate::neural::{Model, bad_model, onnx, read_bytes, read_text};

/// The model takes widths that are multiples of this, and not below [`NARROWEST`].
const STEP: usize = 8;
/// Narrower strips are padded to this.
const NARROWEST: usize = 64;

/// The characters that a model is to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Those of texts in Latin script: several times faster, and none is taken for a Chinese one.
    Latin,
    /// All that it knows.
    Any,
}

/// What was read in one strip.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::engine) struct Reading {
    /// The characters with where they are: in fractions of the strip's width.
    pub(in crate::engine) letters: Vec<Letter>,
    /// The mean of their probabilities; 0 if nothing was read.
    pub(in crate::engine) confidence: f32,
}

impl Reading {
    /// What was read, with the mean of the probabilities.
    pub(in crate::engine) fn of(letters: Vec<Letter>) -> Self {
        let sum: f32 = letters.iter().map(|letter| letter.probability).sum();
        #[allow(clippy::cast_precision_loss)] // Lines have fewer than 2^24 letters.
        Self { confidence: sum / letters.len().max(1) as f32, letters }
    }
}

/// One character of a strip.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) struct Letter {
    /// What it is; a space is one too.
    pub(in crate::engine) text: String,
    /// How sure the model is of it.
    pub(in crate::engine) probability: f32,
    /// Where its middle is, in fractions of the strip's width.
    pub(in crate::engine) middle: f32,
}

/// A recognition model and its alphabet.
#[derive(Debug)]
pub(super) struct Recogniser {
    model: Model,
    alphabet: Alphabet,
}

impl Recogniser {
    /// Loads a model with its alphabet from a file, or from the model's metadata; only the part of it that reads the
    /// script.
    pub(super) fn load(path: &Path, alphabet: Option<&Path>, script: Script) -> Result<Self, EngineError> {
        let file = read_bytes(path)?;
        let dictionary = match alphabet {
            Some(file) => read_text(file)?,
            None => onnx::metadata(&file, "character").ok_or_else(|| bad_model(path, &"no alphabet in it"))?,
        };
        let alphabet = Alphabet::from_lines(&dictionary);
        if script == Script::Any {
            return Ok(Self { model: Model::of(file, path, "recognition")?, alphabet });
        }
        let keep = alphabet.western();
        let pruned = onnx::pruned(&file, &keep);
        let pruned = pruned.ok_or_else(|| bad_model(path, &"its last layer does not fit its alphabet"))?;
        drop(file);
        Ok(Self { model: Model::of(pruned, path, "recognition")?, alphabet: alphabet.keeping(&keep) })
    }

    /// Reads strips on this pool; the readings are in the order of the strips.
    ///
    /// Each is read by itself: together they would have to be padded to one width, which is no faster, and what is
    /// read in one would depend on the others.
    pub(super) fn read(&self, strips: &[&Strip], pool: &Arc<ThreadPool>) -> Result<Vec<Reading>, EngineError> {
        // Long ones first, so that no thread is left with one at the end.
        let mut order: Vec<usize> = (0..strips.len()).collect();
        order.sort_by_key(|&index| (std::cmp::Reverse(strips[index].width), index));
        let read = |index: usize| Ok((index, self.read_one(strips[index], pool)?));
        let mut readings: Vec<(usize, Reading)> =
            pool.run(|| order.into_par_iter().with_max_len(1).map(read).collect::<Result<_, EngineError>>())?;
        readings.sort_by_key(|(index, _)| *index);
        Ok(readings.into_iter().map(|(_, reading)| reading).collect())
    }

    fn read_one(&self, strip: &Strip, pool: &Arc<ThreadPool>) -> Result<Reading, EngineError> {
        let width = strip.width.next_multiple_of(STEP).max(NARROWEST);
        let output: NdTensor<f32, 3> = self.model.run(tensor(strip, width), pool)?;
        let [_, steps, classes] = output.shape();
        if classes != self.alphabet.classes() {
            let reason = format!("{classes} classes, but an alphabet for {}", self.alphabet.classes());
            return Err(self.model.unusable(reason));
        }
        let emissions = decode(output.data().unwrap_or_default(), classes);
        Ok(Reading::of(self.letters(&emissions, step_width(width, steps, strip.width))))
    }

    #[allow(clippy::cast_precision_loss)] // Strips have fewer than 2^24 steps.
    fn letters(&self, emissions: &[Emission], step_width: f32) -> Vec<Letter> {
        let letter = |emission: &Emission| {
            let text = self.alphabet.character(emission.class)?.to_owned();
            let middle = (emission.steps.start + emission.steps.end) as f32 / 2.0 * step_width;
            Some(Letter { text, probability: emission.probability, middle: middle.min(1.0) })
        };
        emissions.iter().filter_map(letter).collect()
    }
}

/// The part of a strip's width that one of `steps` has, of a tensor of `width` pixels of which the strip fills some.
#[allow(clippy::cast_precision_loss)] // Widths are below 2^24.
fn step_width(width: usize, steps: usize, strip_width: usize) -> f32 {
    width as f32 / steps.max(1) as f32 / strip_width.max(1) as f32
}

/// The model's input `[1, 3, 48, width]`: blue, green, red from -1 to 1, 0 beyond the strip's width.
fn tensor(strip: &Strip, width: usize) -> NdTensor<f32, 4> {
    let height = STRIP_HEIGHT as usize;
    let mut data = vec![0.0; 3 * height * width];
    for (channel, plane) in data.chunks_exact_mut(height * width).enumerate() {
        for (row, pixels) in plane.chunks_exact_mut(width).zip(strip.rgb.chunks_exact(3 * strip.width)) {
            for (value, pixel) in row.iter_mut().zip(pixels.chunks_exact(3)) {
                *value = f32::from(pixel[2 - channel]) * (2.0 / 255.0) - 1.0;
            }
        }
    }
    NdTensor::from_data([1, 3, height, width], data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_are_padded_with_grey() {
        let height = STRIP_HEIGHT as usize;
        let rgb = [[255, 0, 0], [0, 0, 255]].concat().repeat(height);
        let tensor = tensor(&Strip { width: 2, rgb }, 8);
        assert_eq!(tensor.shape(), [1, 3, height, 8]);
        assert_eq!([tensor[[0, 2, 47, 0]], tensor[[0, 2, 47, 1]], tensor[[0, 2, 47, 2]]], [1.0, -1.0, 0.0]);
        assert_eq!([tensor[[0, 0, 0, 0]], tensor[[0, 0, 0, 1]], tensor[[0, 0, 0, 7]]], [-1.0, 1.0, 0.0]);
    }

    #[test]
    fn steps_are_parts_of_the_strip_not_of_its_padding() {
        assert_eq!(step_width(64, 8, 32), 0.25);
        assert_eq!(step_width(64, 0, 0), 64.0);
    }
}
