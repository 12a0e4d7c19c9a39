//! Rotated rectangles around sets of points.

/// A place in an image: x to the right, y down; the middle of the first pixel is at (0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::engine) struct Point {
    pub(in crate::engine) x: f32,
    pub(in crate::engine) y: f32,
}

impl Point {
    /// The middle of a pixel.
    #[allow(clippy::cast_precision_loss)] // Images have fewer than 2^24 columns and rows.
    pub(super) fn pixel(x: usize, y: usize) -> Self {
        Self { x: x as f32 + 0.5, y: y as f32 + 0.5 }
    }

    fn cross(self, a: Self, b: Self) -> f32 {
        (a.x - self.x) * (b.y - self.y) - (a.y - self.y) * (b.x - self.x)
    }
}

/// A rectangle with a direction: that in which the text in it reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::engine) struct Rectangle {
    /// Its middle.
    pub(in crate::engine) center: Point,
    /// The unit vector along the text.
    pub(in crate::engine) along: (f32, f32),
    /// Its extent along the text.
    pub(in crate::engine) length: f32,
    /// Its extent across the text.
    pub(in crate::engine) thickness: f32,
}

impl Rectangle {
    /// The place at these fractions of length and thickness: (0, 0) is where a reader sees the upper left corner.
    pub(super) fn at(&self, along: f32, across: f32) -> Point {
        let (dx, dy) = self.along;
        let (u, v) = ((along - 0.5) * self.length, (across - 0.5) * self.thickness);
        Point { x: self.center.x + u * dx - v * dy, y: self.center.y + u * dy + v * dx }
    }

    /// Its corners as a reader sees them: upper left, upper right, lower right, lower left.
    pub(super) fn corners(&self) -> [Point; 4] {
        [self.at(0.0, 0.0), self.at(1.0, 0.0), self.at(1.0, 1.0), self.at(0.0, 1.0)]
    }

    /// Whether its text reads from left to right without any slope.
    pub(super) fn is_upright(&self) -> bool {
        self.along == (1.0, 0.0)
    }

    /// Larger by this much on each side.
    pub(super) fn grown(self, margin: f32) -> Self {
        Self { length: self.length + 2.0 * margin, thickness: self.thickness + 2.0 * margin, ..self }
    }

    /// The same in an image that is this many times larger.
    pub(super) fn scaled(self, factor: f32) -> Self {
        let center = Point { x: self.center.x * factor, y: self.center.y * factor };
        Self { center, length: self.length * factor, thickness: self.thickness * factor, ..self }
    }

    /// The same rectangle, read in a direction turned by 90 degrees: clockwise, from its upper to its lower edge, or
    /// the other way.
    pub(super) fn turned(self, clockwise: bool) -> Self {
        let (dx, dy) = self.along;
        let along = if clockwise { (-dy, dx) } else { (dy, -dx) };
        Self { along, length: self.thickness, thickness: self.length, ..self }
    }

    /// The upright rectangle around pixels with these middles.
    fn upright(points: &[Point]) -> Option<Self> {
        let first = points.first()?;
        let (mut low, mut high) = (*first, *first);
        for point in points {
            low = Point { x: low.x.min(point.x), y: low.y.min(point.y) };
            high = Point { x: high.x.max(point.x), y: high.y.max(point.y) };
        }
        let center = Point { x: f32::midpoint(low.x, high.x), y: f32::midpoint(low.y, high.y) };
        Some(Self { center, along: (1.0, 0.0), length: high.x - low.x + 1.0, thickness: high.y - low.y + 1.0 })
    }
}

/// The rectangle of least area around pixels with these middles, directed to the right by up to 45 degrees; `None`
/// around nothing. Slopes that move no edge by more than `tolerance` are the raster's, and dropped.
///
/// One side of it lies along an edge of the convex hull (Freeman and Shapira 1975), so each edge is tried.
pub(super) fn least_rectangle(points: &[Point], tolerance: f32) -> Option<Rectangle> {
    let upright = Rectangle::upright(points)?;
    let hull = convex_hull(points);
    let edges = hull.iter().zip(hull.iter().cycle().skip(1));
    let rotated = edges.filter_map(|(a, b)| along_edge(&hull, *a, *b));
    let best =
        rotated.fold(
            upright,
            |best, next| {
                if next.length * next.thickness < best.length * best.thickness { next } else { best }
            },
        );
    let rise = best.along.1.abs() * best.length.max(best.thickness);
    Some(if rise <= tolerance { upright } else { best })
}

/// The rectangle around a hull with a side along this edge.
fn along_edge(hull: &[Point], a: Point, b: Point) -> Option<Rectangle> {
    let (mut dx, mut dy) = (b.x - a.x, b.y - a.y);
    let length = dx.hypot(dy);
    if length == 0.0 {
        return None;
    }
    (dx, dy) = (dx / length, dy / length);
    // The one of the four directions of the rectangle's sides that is nearest to the right.
    if dx.abs() < dy.abs() {
        (dx, dy) = (dy, -dx);
    }
    if dx < 0.0 {
        (dx, dy) = (-dx, -dy);
    }
    let mut extent = [f32::MAX, f32::MIN, f32::MAX, f32::MIN];
    for point in hull {
        let (u, v) = (point.x * dx + point.y * dy, point.y * dx - point.x * dy);
        extent = [extent[0].min(u), extent[1].max(u), extent[2].min(v), extent[3].max(v)];
    }
    let (u, v) = (f32::midpoint(extent[0], extent[1]), f32::midpoint(extent[2], extent[3]));
    let center = Point { x: u * dx - v * dy, y: u * dy + v * dx };
    let (length, thickness) = (extent[1] - extent[0] + 1.0, extent[3] - extent[2] + 1.0);
    Some(Rectangle { center, along: (dx, dy), length, thickness })
}

/// The corners of the convex hull (Andrew's monotone chain). Exact for the middles of pixels of any image below 2000
/// pixels a side, and near enough beyond.
fn convex_hull(points: &[Point]) -> Vec<Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    sorted.dedup();
    let mut hull = half_hull(sorted.iter().copied());
    let back = half_hull(sorted.iter().rev().copied());
    hull.pop();
    hull.extend(back);
    if hull.len() > 1 {
        hull.pop();
    }
    hull
}

fn half_hull(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut half: Vec<Point> = Vec::new();
    for point in points {
        while let [.., a, b] = half[..] {
            if a.cross(b, point) > 0.0 {
                break;
            }
            half.pop();
        }
        half.push(point);
    }
    half
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pixels(of: &[(usize, usize)]) -> Vec<Point> {
        of.iter().map(|&(x, y)| Point::pixel(x, y)).collect()
    }

    fn near(a: f32, b: f32) -> bool {
        (a - b).abs() < 0.01
    }

    #[test]
    fn around_upright_pixels_it_is_upright() {
        let found = least_rectangle(&pixels(&[(2, 3), (9, 3), (2, 5), (9, 5), (5, 4)]), 0.0);
        let center = Point { x: 6.0, y: 4.5 };
        assert_eq!(found, Some(Rectangle { center, along: (1.0, 0.0), length: 8.0, thickness: 3.0 }));
    }

    #[test]
    fn around_a_slanted_line_it_follows_the_slope() -> Result<(), &'static str> {
        let found = least_rectangle(&pixels(&[(0, 0), (40, 30), (80, 60), (20, 15)]), 1.5).ok_or("nothing")?;
        assert!(near(found.along.0, 0.8) && near(found.along.1, 0.6), "{found:?}");
        assert!(near(found.length, 101.0) && near(found.thickness, 1.0), "{found:?}");
        Ok(())
    }

    #[test]
    fn a_slope_within_the_raster_is_dropped() -> Result<(), &'static str> {
        let points = pixels(&[(0, 0), (100, 1), (0, 10), (100, 11)]);
        let found = least_rectangle(&points, 1.5).ok_or("nothing")?;
        assert!(found.is_upright() && near(found.thickness, 12.0), "{found:?}");
        let found = least_rectangle(&points, 0.5).ok_or("nothing")?;
        assert!(!found.is_upright() && near(found.thickness, 11.0), "{found:?}");
        Ok(())
    }

    #[test]
    fn turned_text_starts_at_another_corner() {
        let center = Point { x: 10.0, y: 20.0 };
        let tall = Rectangle { center, along: (1.0, 0.0), length: 4.0, thickness: 12.0 };
        let down = tall.turned(true);
        assert_eq!(down.corners()[0], tall.corners()[1]);
        assert_eq!((down.length, down.thickness), (12.0, 4.0));
        assert_eq!(tall.turned(false).corners()[0], tall.corners()[3]);
    }

    #[test]
    fn one_pixel_is_a_rectangle_and_none_is_not() {
        let found = least_rectangle(&pixels(&[(3, 3)]), 1.5);
        assert!(found.is_some_and(|r| r.is_upright() && r.length == 1.0 && r.thickness == 1.0));
        assert_eq!(least_rectangle(&[], 1.5), None);
    }

    proptest! {
        #[test]
        fn all_points_are_inside(points in prop::collection::vec((0_usize..200, 0_usize..200), 1..40)) {
            let points = pixels(&points);
            let found = least_rectangle(&points, 1.5).map(|r| r.grown(0.1));
            let Some(r) = found else { return Err(TestCaseError::fail("nothing")) };
            for p in points {
                let (x, y) = (p.x - r.center.x, p.y - r.center.y);
                let (u, v) = (x * r.along.0 + y * r.along.1, y * r.along.0 - x * r.along.1);
                prop_assert!(u.abs() <= r.length / 2.0 && v.abs() <= r.thickness / 2.0, "{:?} {:?}", p, r);
            }
            prop_assert!(r.along.0 >= 0.7);
        }
    }
}
