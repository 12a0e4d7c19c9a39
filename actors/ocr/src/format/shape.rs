//! Places as the result formats want them: within the page, and with what the corners of a line tell about its text.

use crate::page::{Page, Point, Quad, Rect};

/// How far above the lower edge of a line's box its letters stand, as a part of its height. Measured against the
/// baselines of tesseract on seven pages of print, forms and receipts: the medians are from 0.21 to 0.26.
const DESCENT: f64 = 0.25;

/// The size of a page. The boxes of slanted or clipped text may stick out of it, which the formats do not allow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheet {
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
}

impl Sheet {
    pub(super) fn of(page: &Page) -> Self {
        let pixels = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
        Self { width: pixels(page.width), height: pixels(page.height) }
    }

    /// The part of it that is on the page.
    pub(super) fn rect(self, rect: Rect) -> Rect {
        let (from, to) = (self.point([rect.left, rect.top].into()), self.point([rect.right, rect.bottom].into()));
        Rect { left: from.x, top: from.y, right: to.x, bottom: to.y }
    }

    /// The corners, moved onto the page, as `x,y x,y`.
    pub(super) fn points(self, corners: &[Point]) -> String {
        let corners = corners.iter().map(|&corner| self.point(corner));
        corners.map(|Point { x, y }| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
    }

    fn point(self, Point { x, y }: Point) -> Point {
        Point { x: x.clamp(0, self.width), y: y.clamp(0, self.height) }
    }
}

/// The direction in which the text reads: degrees counter-clockwise from left to right, from -180 to 180.
pub(super) fn reading_angle(Quad([upper_left, upper_right, lower_right, lower_left]): &Quad) -> f64 {
    let along = |from: i32, to: i32| f64::from(to) - f64::from(from);
    let x = along(upper_left.x, upper_right.x) + along(lower_left.x, lower_right.x);
    let y = along(upper_left.y, upper_right.y) + along(lower_left.y, lower_right.y);
    (-y).atan2(x).to_degrees()
}

/// From the upper to the lower edge, in pixels, as the text stands.
pub(super) fn line_height(Quad([upper_left, _, _, lower_left]): &Quad) -> f64 {
    let (x, y) = (f64::from(upper_left.x), f64::from(upper_left.y));
    (f64::from(lower_left.x) - x).hypot(f64::from(lower_left.y) - y)
}

/// About where the letters of a line stand, from its start to its end: engines tell the box of a line, not its
/// baseline.
pub(super) fn baseline(Quad([upper_left, upper_right, lower_right, lower_left]): &Quad) -> [Point; 2] {
    #[allow(clippy::cast_possible_truncation)] // Between two `i32`.
    let between = |low: i32, high: i32| (f64::from(low) + (f64::from(high) - f64::from(low)) * DESCENT).round() as i32;
    let above = |low: &Point, high: &Point| Point { x: between(low.x, high.x), y: between(low.y, high.y) };
    [above(lower_left, upper_left), above(lower_right, upper_right)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_tell_how_text_reads() {
        let upright = Quad::from(Rect::from([10, 20, 110, 40]));
        assert_eq!((reading_angle(&upright), line_height(&upright)), (0.0, 20.0));
        assert_eq!(baseline(&upright), [[10, 35], [110, 35]].map(Point::from));
        let upwards = Quad([[20, 110], [20, 10], [40, 10], [40, 110]].map(Point::from));
        assert_eq!((reading_angle(&upwards), line_height(&upwards)), (90.0, 20.0));
        assert_eq!(baseline(&upwards), [[35, 110], [35, 10]].map(Point::from));
        let sinking = Quad([[10, 20], [110, 30], [109, 40], [9, 30]].map(Point::from));
        assert!((reading_angle(&sinking) + 5.71).abs() < 0.01);
        assert_eq!(reading_angle(&Quad::default()), 0.0);
    }

    #[test]
    fn places_stay_on_the_page() {
        let sheet = Sheet::of(&Page { width: 100, height: 50, blocks: Vec::new() });
        assert_eq!(sheet.rect(Rect::from([-5, 10, 200, 60])), Rect::from([0, 10, 100, 50]));
        assert_eq!(sheet.points(&[[-1, 2].into(), [i32::MAX, i32::MIN].into()]), "0,2 100,0");
    }
}
