//! Finds the lines of text in a page image.

use std::path::Path;
use std::sync::Arc;

use image::RgbImage;
use rten::ThreadPool;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::boxes::text_boxes;
use super::rectangle::Rectangle;
use crate::engine::EngineError;
use crate::neural::{Model, resize};

/// The most pixels that a page is looked at with: an A4 page at 1280 pixels of height.
const PIXELS: f64 = 1280.0 * 905.0;
/// The model takes sides that are multiples of this.
const STEP: u32 = 32;
/// What the model was trained with: mean and standard deviation of its three channels, which are blue, green and red in
/// this order.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// The detection model.
#[derive(Debug)]
pub(super) struct Detector {
    model: Model,
}

impl Detector {
    /// Loads the model.
    pub(super) fn load(path: &Path) -> Result<Self, EngineError> {
        Ok(Self { model: Model::load(path, "detection")? })
    }

    /// Rectangles around the lines of text, in the image's pixels.
    pub(super) fn detect(&self, image: &RgbImage, pool: &Arc<ThreadPool>) -> Result<Vec<Rectangle>, EngineError> {
        if image.width() == 0 || image.height() == 0 {
            return Ok(Vec::new());
        }
        let view = View::of(image.width(), image.height());
        let input = view.tensor(&view.shrink(image)?);
        let map: NdTensor<f32, 4> = self.model.run(input, pool)?;
        let width = map.size(3);
        let Some(values) = map.data().filter(|_| width > 0) else { return Ok(Vec::new()) };
        Ok(text_boxes(values, width).into_iter().map(|found| found.scaled(view.factor)).collect())
    }
}

/// How a page is shown to the model: shrunk to `width` x `height`, at the upper left of a canvas whose sides are
/// multiples of [`STEP`].
#[derive(Debug, Clone, Copy, PartialEq)]
struct View {
    width: u32,
    height: u32,
    canvas: (u32, u32),
    /// From its pixels to the page's.
    factor: f32,
}

impl View {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Bounded by the sides of the page.
    fn of(width: u32, height: u32) -> Self {
        let pixels = f64::from(width) * f64::from(height);
        let scale = (PIXELS / pixels).sqrt().min(1.0);
        let side = |side: u32| (f64::from(side) * scale).round().max(1.0) as u32;
        let (w, h) = (side(width), side(height));
        let canvas = (w.next_multiple_of(STEP), h.next_multiple_of(STEP));
        Self { width: w, height: h, canvas, factor: (1.0 / scale) as f32 }
    }

    /// The page in the size of the view, as RGB.
    fn shrink(&self, image: &RgbImage) -> Result<Vec<u8>, EngineError> {
        if (self.width, self.height) == image.dimensions() {
            return Ok(image.as_raw().clone());
        }
        let shrunk = resize(image.as_raw(), image.dimensions(), None, (self.width, self.height));
        shrunk.map_err(|error| EngineError::Inference { stage: "detection", reason: error.to_string() })
    }

    /// The model's input `[1, 3, height, width]` of the canvas; what the page does not cover is 0, a middle grey.
    fn tensor(&self, rgb: &[u8]) -> NdTensor<f32, 4> {
        let (canvas_width, canvas_height) = (self.canvas.0 as usize, self.canvas.1 as usize);
        let width = self.width as usize;
        let mut data = vec![0.0; 3 * canvas_width * canvas_height];
        for (channel, plane) in data.chunks_exact_mut(canvas_width * canvas_height).enumerate() {
            let (scale, shift) = (1.0 / (255.0 * DEVIATION[channel]), -MEAN[channel] / DEVIATION[channel]);
            for (row, pixels) in plane.chunks_exact_mut(canvas_width).zip(rgb.chunks_exact(3 * width)) {
                for (value, pixel) in row.iter_mut().zip(pixels.chunks_exact(3)) {
                    *value = f32::from(pixel[2 - channel]) * scale + shift;
                }
            }
        }
        NdTensor::from_data([1, 3, canvas_height, canvas_width], data)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn large_pages_are_shrunk_and_small_ones_kept() {
        let a4 = View::of(1654, 2339);
        assert_eq!((a4.width, a4.height, a4.canvas), (905, 1280, (928, 1280)));
        let receipt = View::of(300, 900);
        assert_eq!((receipt.width, receipt.height, receipt.factor), (300, 900, 1.0));
    }

    #[test]
    fn channels_are_blue_green_red_and_the_rest_is_grey() {
        let view = View::of(2, 1);
        let tensor = view.tensor(&[255, 0, 0, 0, 0, 255]);
        assert_eq!(tensor.shape(), [1, 3, 32, 32]);
        let at = |channel: usize, x: usize| tensor[[0, channel, 0, x]];
        assert!((at(2, 0) - (1.0 - 0.406) / 0.225).abs() < 1e-5);
        assert!((at(0, 0) + 0.485 / 0.229).abs() < 1e-5);
        assert!((at(0, 1) - (1.0 - 0.485) / 0.229).abs() < 1e-5);
        assert_eq!(at(0, 2), 0.0);
        assert_eq!(tensor[[0, 1, 1, 0]], 0.0);
    }

    proptest! {
        #[test]
        fn views_are_bounded(width in 1_u32..200_000, height in 1_u32..200_000) {
            let view = View::of(width, height);
            prop_assert!(view.width >= 1 && view.height >= 1);
            let pixels = f64::from(view.canvas.0) * f64::from(view.canvas.1);
            prop_assert!(pixels <= 2.0 * PIXELS + 32.0 * f64::from(view.canvas.0.max(view.canvas.1)));
        }
    }
}
