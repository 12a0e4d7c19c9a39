//! What happens to a page between the printer's and the scanner: it lies askew, it is blurred, faded and noisy.

use fastrand::Rng;
use image::{DynamicImage, GrayImage, Luma};

use super::Page;

impl Page {
    /// The page turned clockwise about its middle by some degrees, on white.
    #[must_use]
    pub fn skewed(self, degrees: f32) -> Self {
        Self { image: turn(&self.image, degrees), ..self }
    }

    /// The page out of focus: a Gaussian blur of this many pixels.
    #[must_use]
    pub fn blurred(self, sigma: f32) -> Self {
        Self { image: DynamicImage::ImageLuma8(self.image).blur(sigma).into_luma8(), ..self }
    }

    /// The page with ink and paper of these brightnesses in place of 0 and 255.
    #[must_use]
    pub fn faded(mut self, ink: u8, paper: u8) -> Self {
        for Luma([value]) in self.image.pixels_mut() {
            *value = mix(ink, paper, f32::from(*value) / 255.0);
        }
        self
    }

    /// The page with noise of this standard deviation, the same for the same seed.
    #[must_use]
    pub fn noisy(mut self, deviation: f32, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        for Luma([value]) in self.image.pixels_mut() {
            *value = round(f32::from(*value) + deviation * bell(&mut rng));
        }
        self
    }
}

/// Nearly normal, of mean 0 and variance 1: the sum of twelve uniform numbers, less six.
fn bell(rng: &mut Rng) -> f32 {
    (0..12).map(|_| rng.f32()).sum::<f32>() - 6.0
}

#[allow(clippy::cast_precision_loss, reason = "images are far smaller than 2^24 on a side")]
fn turn(image: &GrayImage, degrees: f32) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (middle_x, middle_y) = (image.width() as f32 / 2.0, image.height() as f32 / 2.0);
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let (dx, dy) = (x as f32 - middle_x, y as f32 - middle_y);
        Luma([sample(image, middle_x + dx * cos + dy * sin, middle_y - dx * sin + dy * cos)])
    })
}

/// Bilinear; white beyond the edges.
#[allow(clippy::cast_possible_truncation, reason = "coordinates are far below 2^31")]
fn sample(image: &GrayImage, x: f32, y: f32) -> u8 {
    let (left, top) = (x.floor(), y.floor());
    let at = |dx: i64, dy: i64| {
        let place = (u32::try_from(left as i64 + dx).ok(), u32::try_from(top as i64 + dy).ok());
        let (Some(x), Some(y)) = place else { return 255 };
        image.get_pixel_checked(x, y).map_or(255, |Luma([value])| *value)
    };
    mix(mix(at(0, 0), at(1, 0), x - left), mix(at(0, 1), at(1, 1), x - left), y - top)
}

fn mix(first: u8, second: u8, share: f32) -> u8 {
    round(f32::from(first) * (1.0 - share) + f32::from(second) * share)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts from float saturate, which is meant")]
fn round(value: f32) -> u8 {
    value.round() as u8
}
