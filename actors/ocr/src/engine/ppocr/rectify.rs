//! Cuts a line of text out of a page image: an upright strip of a fixed height, whatever the line's slope.

use image::RgbImage;

use super::rectangle::Rectangle;
use crate::neural::{ScaleError, resize};

/// The height of strips, which the recognition models want.
pub(super) const STRIP_HEIGHT: u32 = 48;
/// Strips are at most this wide; longer lines are squeezed.
const WIDEST_STRIP: f32 = 16384.0;
/// Rotated lines that are higher than this are sampled at a lower resolution.
const HIGHEST_SAMPLE: f32 = 4.0 * STRIP_HEIGHT as f32;

/// A line of text, upright, [`STRIP_HEIGHT`] high: `[48, width, 3]`, RGB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strip {
    /// Its width in pixels, at least 1.
    pub(super) width: usize,
    /// Its pixels, row by row.
    pub(super) rgb: Vec<u8>,
}

/// Cuts out what is in a rectangle. Beyond the image's edges its outermost pixels are repeated.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // Clamped before.
pub(super) fn rectify(image: &RgbImage, rectangle: &Rectangle) -> Result<Strip, ScaleError> {
    let ratio = rectangle.length / rectangle.thickness.max(1.0);
    let width = (STRIP_HEIGHT as f32 * ratio).round().clamp(1.0, WIDEST_STRIP) as u32;
    let strip = (width, STRIP_HEIGHT);
    let rgb = if let Some(crop) = upright_crop(image, rectangle) {
        resize(image.as_raw(), image.dimensions(), Some(crop), strip)
    } else {
        let sample = Sample::of(image, rectangle);
        resize(&sample.rgb, (sample.width, sample.height), None, strip)
    };
    Ok(Strip { width: width as usize, rgb: rgb? })
}

/// Left, top, width and height of an upright rectangle, within the image; `None` if it is not upright or almost all of
/// it is outside.
fn upright_crop(image: &RgbImage, rectangle: &Rectangle) -> Option<[f64; 4]> {
    let [upper_left, _, lower_right, _] = rectangle.corners();
    let within = |value: f32, limit: u32| f64::from(value).clamp(0.0, f64::from(limit));
    let (left, right) = (within(upper_left.x, image.width()), within(lower_right.x, image.width()));
    let (top, bottom) = (within(upper_left.y, image.height()), within(lower_right.y, image.height()));
    let (width, height) = (right - left, bottom - top);
    (rectangle.is_upright() && width >= 1.0 && height >= 1.0).then_some([left, top, width, height])
}

/// What is in a rotated rectangle, pixel for pixel unless it is very high.
struct Sample {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Sample {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // Clamped before.
    fn of(image: &RgbImage, rectangle: &Rectangle) -> Self {
        let shrink = (HIGHEST_SAMPLE / rectangle.thickness).min(1.0);
        let width = (rectangle.length * shrink).round().clamp(1.0, WIDEST_STRIP) as u32;
        let height = (rectangle.thickness * shrink).round().clamp(1.0, HIGHEST_SAMPLE) as u32;
        let mut rgb = Vec::with_capacity(3 * width as usize * height as usize);
        for y in 0..height {
            for x in 0..width {
                let (along, across) = ((x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32);
                let place = rectangle.at(along, across);
                rgb.extend(bilinear(image, place.x - 0.5, place.y - 0.5));
            }
        }
        Self { width, height, rgb }
    }
}

/// The colour between pixels; (0, 0) is the first pixel.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // Clamped before.
fn bilinear(image: &RgbImage, x: f32, y: f32) -> [u8; 3] {
    let (right, bottom) = (image.width() - 1, image.height() - 1);
    let (x, y) = (x.clamp(0.0, right as f32), y.clamp(0.0, bottom as f32));
    let (x0, y0) = (x as u32, y as u32);
    let (x1, y1) = ((x0 + 1).min(right), (y0 + 1).min(bottom));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let [a, b, c, d] = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|(x, y)| image.get_pixel(x, y).0);
    std::array::from_fn(|i| {
        let [a, b, c, d] = [a[i], b[i], c[i], d[i]].map(f32::from);
        let (upper, lower) = (a + (b - a) * fx, c + (d - c) * fx);
        (upper + (lower - upper) * fy).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rectangle::Point;
    use super::*;

    /// Red grows to the right, green grows downwards.
    #[allow(clippy::cast_possible_truncation)] // Both are below 200.
    fn gradient() -> RgbImage {
        RgbImage::from_fn(200, 100, |x, y| image::Rgb([x as u8, y as u8, 7]))
    }

    fn at(strip: &Strip, x: usize, y: usize) -> [u8; 3] {
        let start = 3 * (y * strip.width + x);
        [strip.rgb[start], strip.rgb[start + 1], strip.rgb[start + 2]]
    }

    fn close(a: [u8; 3], b: [u8; 3]) -> bool {
        a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 2)
    }

    #[test]
    fn an_upright_line_is_scaled_to_the_height() -> Result<(), ScaleError> {
        let line = Rectangle { center: Point { x: 60.0, y: 32.0 }, along: (1.0, 0.0), length: 80.0, thickness: 24.0 };
        let strip = rectify(&gradient(), &line)?;
        assert_eq!((strip.width, strip.rgb.len()), (160, 160 * 48 * 3));
        assert!(close(at(&strip, 0, 0), [20, 20, 7]) && close(at(&strip, 159, 47), [99, 43, 7]));
        Ok(())
    }

    #[test]
    fn text_that_reads_downwards_is_turned() -> Result<(), ScaleError> {
        let line = Rectangle { center: Point { x: 50.0, y: 50.0 }, along: (0.0, 1.0), length: 96.0, thickness: 48.0 };
        let strip = rectify(&gradient(), &line)?;
        // Its start is the top of the page, its upper edge is to the right.
        assert_eq!(strip.width, 96);
        assert!(close(at(&strip, 0, 0), [73, 2, 7]), "{:?}", at(&strip, 0, 0));
        assert!(close(at(&strip, 95, 47), [26, 97, 7]), "{:?}", at(&strip, 95, 47));
        Ok(())
    }

    #[test]
    fn lines_over_the_edge_or_beyond_are_no_fault() -> Result<(), ScaleError> {
        for (x, y, along) in [(-50.0, 50.0, (1.0, 0.0)), (0.0, 0.0, (0.8, 0.6)), (900.0, 900.0, (0.6, 0.8))] {
            let line = Rectangle { center: Point { x, y }, along, length: 60.0, thickness: 20.0 };
            assert_eq!(rectify(&gradient(), &line)?.width, 144);
        }
        Ok(())
    }
    proptest! {
        #[test]
        fn any_rectangle_gives_a_strip(
            size in (1_u32..9, 1_u32..9),
            center in (-1e6_f32..1e6, -1e6_f32..1e6),
            angle in -4.0_f32..4.0,
            sides in (0.0_f32..300.0, 0.0_f32..300.0),
        ) {
            let (center, along) = (Point { x: center.0, y: center.1 }, (angle.cos(), angle.sin()));
            let line = Rectangle { center, along, length: sides.0, thickness: sides.1 };
            let strip = rectify(&RgbImage::new(size.0, size.1), &line);
            prop_assert!(strip.is_ok_and(|strip| strip.rgb.len() == strip.width * 48 * 3));
        }
    }
}
