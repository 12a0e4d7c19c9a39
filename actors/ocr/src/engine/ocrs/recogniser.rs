//! Reads images of lines with the recognition model.

use std::path::Path;
use std::sync::Arc;

use rten::ThreadPool;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use crate::engine::EngineError;
use crate::engine::ppocr::ctc::{Emission, decode};
use crate::engine::ppocr::recogniser::{Letter, Reading};
use crate::neural::{Model, read_bytes, read_text};

/// What the published model reads, in the order of its classes after the blank.
const ALPHABET: &str =
    " 0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~€ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Widths are padded to a multiple of this, as the model shrinks them.
const STEP: usize = 8;

/// The value of black, which lines are padded with; white is 0.5.
const BLACK: f32 = -0.5;

/// A recognition model and its alphabet.
#[derive(Debug)]
pub(super) struct Recogniser {
    model: Model,
    alphabet: Vec<char>,
}

impl Recogniser {
    pub(super) fn load(path: &Path, alphabet: Option<&Path>) -> Result<Self, EngineError> {
        let alphabet = alphabet.map_or_else(|| Ok(ALPHABET.to_owned()), read_text)?;
        let alphabet = alphabet.trim_end_matches(['\r', '\n']).chars().collect();
        Ok(Self { model: Model::of(read_bytes(path)?, path, "recognition")?, alphabet })
    }

    /// Reads a line: its image `[height, width]`, grey from -0.5 to 0.5.
    pub(super) fn read(&self, line: &NdTensor<f32, 2>, pool: &Arc<ThreadPool>) -> Result<Reading, EngineError> {
        let [height, width] = line.shape();
        let padded = width.next_multiple_of(STEP);
        let mut input = NdTensor::full([1, 1, height, padded], BLACK);
        input.slice_mut((0, 0, .., ..width)).copy_from(line);
        // `[step, line, class]`, the logarithms of probabilities.
        let output: NdTensor<f32, 3> = self.model.run(input, pool)?;
        let [steps, _, classes] = output.shape();
        if classes != self.alphabet.len() + 1 {
            let reason = format!("{classes} classes, but an alphabet of {} characters", self.alphabet.len());
            return Err(self.model.unusable(reason));
        }
        let emissions = decode(&output.to_vec(), classes);
        let step_width = padded as f32 / steps.max(1) as f32 / width.max(1) as f32;
        Ok(Reading::of(emissions.iter().filter_map(|emission| self.letter(emission, step_width)).collect()))
    }

    fn letter(&self, emission: &Emission, step_width: f32) -> Option<Letter> {
        let text = self.alphabet.get(emission.class.checked_sub(1)?)?.to_string();
        let middle = (emission.steps.start + emission.steps.end) as f32 / 2.0 * step_width;
        // What is read in the padding is nothing.
        (middle < 1.0).then(|| Letter { text, probability: emission.probability.exp(), middle })
    }
}
