//! How far the lines of a page slope: the angle at which its rows of ink are clearest from the white between them
//! (projection profiles; Postl 1986).

use image::RgbImage;

use crate::neural::resize;

/// The longer side that the page is looked at with.
const LONG_SIDE: f64 = 1000.0;
/// The largest slope that is looked for, in degrees.
const STEEPEST: f32 = 15.0;
/// Steps of the first and of the second look, in degrees.
const COARSE: f32 = 0.5;
const FINE: f32 = 0.1;
/// How much clearer than at no slope the rows must be.
const CLEARER: f64 = 1.1;
/// A pixel this much darker than those around it is ink.
const INK: i32 = 40;
/// How far around a pixel is looked.
const AROUND: usize = 12;
/// With less ink than this, there is no telling.
const LEAST_INK: usize = 200;

/// The slope of the page's lines in degrees, positive if they sink to the right; 0 if there is no telling.
#[must_use]
pub fn skew(page: &RgbImage) -> f32 {
    let Some(ink) = ink(page) else { return 0.0 };
    if ink.len() < LEAST_INK {
        return 0.0;
    }
    let level = clearness(&ink, 0.0);
    let coarse = best(&ink, 0.0, STEEPEST, COARSE);
    let (angle, clear) = best(&ink, coarse.0, COARSE, FINE);
    if clear > CLEARER * level && angle.abs() < STEEPEST { (angle * 10.0).round() / 10.0 } else { 0.0 }
}

/// The angle around `middle` at which the rows are clearest, and how clear.
fn best(ink: &[(f32, f32)], middle: f32, reach: f32, step: f32) -> (f32, f64) {
    #[allow(clippy::cast_possible_truncation)] // Fewer than a hundred steps.
    let steps = (reach / step).round() as i16;
    let angles = (-steps..=steps).map(|count| middle + f32::from(count) * step);
    let found = angles.map(|angle| (angle, clearness(ink, angle)));
    found.reduce(|best, next| if next.1 > best.1 { next } else { best }).unwrap_or((0.0, 0.0))
}

/// How much neighbouring rows differ in ink, if rows slope by this angle.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Rows are bounded by the sides of the image.
fn clearness(ink: &[(f32, f32)], degrees: f32) -> f64 {
    let slope = degrees.to_radians().tan();
    let rows = ink.iter().map(|(x, y)| y - x * slope);
    let top = rows.clone().fold(f32::MAX, f32::min);
    let mut profile = vec![0_i64; 3 * LONG_SIDE as usize];
    for row in rows {
        if let Some(count) = profile.get_mut((row - top) as usize) {
            *count += 1;
        }
    }
    let differences = profile.windows(2).map(|pair| (pair[1] - pair[0]).pow(2));
    #[allow(clippy::cast_precision_loss)] // Compared only.
    let clearness = differences.sum::<i64>() as f64;
    clearness
}

/// The places of ink on the page, scaled down: pixels that are darker than the mean of those left and right of them.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)] // Bounded by the side.
fn ink(page: &RgbImage) -> Option<Vec<(f32, f32)>> {
    let scale = (LONG_SIDE / f64::from(page.width().max(page.height()).max(1))).min(1.0);
    let side = |side: u32| (f64::from(side) * scale).round().max(1.0) as u32;
    let (width, height) = (side(page.width()), side(page.height()));
    let rgb = resize(page.as_raw(), page.dimensions(), None, (width, height)).ok()?;
    let luma: Vec<i32> = rgb.chunks_exact(3).map(|p| p.iter().map(|&v| i32::from(v)).sum::<i32>() / 3).collect();
    let mut ink = Vec::new();
    for (y, row) in luma.chunks_exact(width as usize).enumerate() {
        let mut sums = vec![0; row.len() + 1];
        for (x, value) in row.iter().enumerate() {
            sums[x + 1] = sums[x] + value;
        }
        for (x, value) in row.iter().enumerate() {
            let (left, right) = (x.saturating_sub(AROUND), (x + AROUND + 1).min(row.len()));
            let mean = (sums[right] - sums[left]) / (right - left) as i32;
            if mean - value > INK {
                ink.push((x as f32, y as f32));
            }
        }
    }
    Some(ink)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of words, sloping by this angle.
    fn page(degrees: f32) -> RgbImage {
        let (sin, cos) = degrees.to_radians().sin_cos();
        RgbImage::from_fn(800, 1000, |x, y| {
            let (x, y) = (f64::from(x) - 400.0, f64::from(y) - 500.0);
            let (sin, cos) = (f64::from(sin), f64::from(cos));
            let (u, v) = (x * cos + y * sin, y * cos - x * sin);
            let in_line = v.rem_euclid(30.0) < 14.0 && u.abs() < 300.0 && v.abs() < 400.0;
            let in_letter = (u + v).rem_euclid(9.0) < 4.0 && u.rem_euclid(70.0) > 12.0;
            if in_line && in_letter { [20; 3] } else { [240; 3] }.into()
        })
    }

    #[test]
    fn slopes_are_found_both_ways() {
        for slope in [-12.0, -3.3, -0.7, 0.0, 0.4, 2.0, 9.0] {
            let found = skew(&page(slope));
            assert!((found - slope).abs() < 0.3, "{slope}: {found}");
        }
    }

    #[test]
    fn what_has_no_lines_has_no_slope() {
        assert_eq!(skew(&RgbImage::new(0, 0)), 0.0);
        assert_eq!(skew(&RgbImage::from_pixel(300, 300, [255; 3].into())), 0.0);
        assert_eq!(skew(&RgbImage::from_fn(300, 300, |x, _| [u8::try_from(x / 2).unwrap_or(0); 3].into())), 0.0);
    }
}
