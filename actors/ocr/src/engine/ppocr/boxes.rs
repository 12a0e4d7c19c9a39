//! From the detector's probability map to rectangles around lines of text: the post-processing of Differentiable
//! Binarization (Liao et al. 2020, <https://arxiv.org/abs/1911.08947>, section 3.4).

use super::components::components;
use super::rectangle::{Point, Rectangle, least_rectangle};

/// Pixels of at least this probability are text.
const MASK_THRESHOLD: f32 = 0.3;
/// The mean probability that a rectangle must have.
const BOX_THRESHOLD: f32 = 0.4;
/// The model is trained on shrunken lines: how much they are grown back.
const UNCLIP_RATIO: f32 = 1.6;
/// Thinner than this many pixels of the map is no text, before it is grown.
const THINNEST: f32 = 3.0;
/// A slope that lifts the end of a line by no more than this many pixels is taken for the raster's.
const SLOPE_TOLERANCE: f32 = 1.5;

/// The lines of text in a `[height, width]` map of probabilities, in the map's pixels, in raster order.
pub(super) fn text_boxes(map: &[f32], width: usize) -> Vec<Rectangle> {
    components(map, width, MASK_THRESHOLD)
        .iter()
        .filter_map(|pixels| least_rectangle(pixels, SLOPE_TOLERANCE))
        .filter(|core| core.length.min(core.thickness) >= THINNEST)
        .filter(|core| mean_inside(map, width, core) >= BOX_THRESHOLD)
        .map(unclip)
        .collect()
}

/// Grows a rectangle by `area * ratio / perimeter` on each side.
fn unclip(core: Rectangle) -> Rectangle {
    let perimeter = 2.0 * (core.length + core.thickness);
    core.grown(core.length * core.thickness * UNCLIP_RATIO / perimeter)
}

/// The mean of the map over the pixels whose middles are inside a rectangle; 0 if there are none.
#[allow(clippy::cast_precision_loss)] // Maps have fewer than 2^24 columns and rows.
fn mean_inside(map: &[f32], width: usize, rectangle: &Rectangle) -> f32 {
    let corners = rectangle.corners();
    let height = map.len() / width.max(1);
    let (top, bottom) = extent(corners.iter().map(|p| p.y));
    let (mut sum, mut count) = (0.0, 0_usize);
    for row in pixel_range(top, bottom, height) {
        let (left, right) = extent(crossings(&corners, row as f32 + 0.5));
        let columns = pixel_range(left, right, width);
        count += columns.len();
        sum += map[row * width..][columns].iter().sum::<f32>();
    }
    if count == 0 { 0.0 } else { sum / count as f32 }
}

/// Where the edges of a polygon cross a horizontal line.
fn crossings(corners: &[Point; 4], y: f32) -> impl Iterator<Item = f32> {
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    edges.filter(move |(a, b)| (a.y <= y) != (b.y <= y)).map(move |(a, b)| a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y))
}

fn extent(values: impl Iterator<Item = f32>) -> (f32, f32) {
    values.fold((f32::MAX, f32::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

/// The pixels below `limit` whose middles are from `low` to `high`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A cast of a float saturates, which is what is wanted.
fn pixel_range(low: f32, high: f32, limit: usize) -> std::ops::Range<usize> {
    let start = (low - 0.5).ceil().max(0.0) as usize;
    let end = ((high - 0.5).floor() + 1.0).max(0.0) as usize;
    let end = end.min(limit);
    start.min(end)..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A map of 100 x 60 with this probability where the predicate holds.
    fn map(probability: f32, inside: impl Fn(f32, f32) -> bool) -> Vec<f32> {
        let pixels = (0..60).flat_map(|y| (0..100).map(move |x| Point::pixel(x, y)));
        pixels.map(|p| if inside(p.x, p.y) { probability } else { 0.0 }).collect()
    }

    #[test]
    fn an_upright_line_is_grown_by_the_unclip_distance() {
        let map = map(0.9, |x, y| (20.0..60.0).contains(&x) && (30.0..40.0).contains(&y));
        let boxes = text_boxes(&map, 100);
        // 40 x 10: area 400, perimeter 100, so 6.4 on each side.
        let center = Point { x: 40.0, y: 35.0 };
        assert_eq!(boxes, [Rectangle { center, along: (1.0, 0.0), length: 52.8, thickness: 22.8 }]);
    }

    #[test]
    fn a_skewed_line_keeps_its_score_and_its_slope() -> Result<(), &'static str> {
        let (dx, dy) = (0.3_f32.cos(), 0.3_f32.sin());
        let inside = |x: f32, y: f32| {
            let (x, y) = (x - 50.0, y - 30.0);
            (x * dx + y * dy).abs() < 35.0 && (y * dx - x * dy).abs() < 4.0
        };
        // Over its upright bounding box the mean would be far below the threshold.
        let boxes = text_boxes(&map(0.9, inside), 100);
        let [found] = boxes[..] else { return Err("not one box") };
        assert!((found.along.1.asin() - 0.3).abs() < 0.03, "{found:?}");
        assert!((found.length / found.thickness - 82.0 / 20.0).abs() < 0.5, "{found:?}");
        Ok(())
    }

    #[test]
    fn faint_and_thin_parts_are_dropped() {
        assert!(text_boxes(&map(0.35, |x, y| x < 50.0 && y < 20.0), 100).is_empty());
        assert!(text_boxes(&map(0.9, |x, y| x < 50.0 && y < 2.0), 100).is_empty());
        assert!(text_boxes(&[], 0).is_empty());
    }

    #[test]
    fn the_mean_is_over_the_rectangle_only() {
        let map = map(0.8, |x, _| x < 50.0);
        let at = |x: f32| Rectangle { center: Point { x, y: 30.0 }, along: (1.0, 0.0), length: 20.0, thickness: 10.0 };
        assert!((mean_inside(&map, 100, &at(30.0)) - 0.8).abs() < 1e-5);
        assert!((mean_inside(&map, 100, &at(50.0)) - 0.4).abs() < 1e-5);
        assert_eq!(mean_inside(&map, 100, &at(500.0)), 0.0);
    }

    proptest! {
        #[test]
        fn any_map_is_fine(width in 1_usize..40, values in prop::collection::vec(0.0_f32..1.0, 0..600)) {
            let height = values.len() / width;
            for found in text_boxes(&values[..width * height], width) {
                prop_assert!(found.length.is_finite() && found.thickness > 0.0);
            }
        }
    }
}
