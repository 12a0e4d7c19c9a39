//! Places on a page: whole pixels of the original image, x to the right, y down, 0 at its top left corner.

use serde::{Deserialize, Serialize};

/// A corner between pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "[i32; 2]", into = "[i32; 2]")]
pub struct Point {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
}

impl From<[i32; 2]> for Point {
    fn from([x, y]: [i32; 2]) -> Self {
        Self { x, y }
    }
}

impl From<Point> for [i32; 2] {
    fn from(point: Point) -> Self {
        [point.x, point.y]
    }
}

/// An upright rectangle; `[left, top, right, bottom]` in JSON, right and bottom exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "[i32; 4]", into = "[i32; 4]")]
pub struct Rect {
    /// Its left edge.
    pub left: i32,
    /// Its upper edge.
    pub top: i32,
    /// Its right edge.
    pub right: i32,
    /// Its lower edge.
    pub bottom: i32,
}

impl Rect {
    /// From left to right.
    #[must_use]
    pub fn width(&self) -> i32 {
        self.right.saturating_sub(self.left).max(0)
    }

    /// From top to bottom.
    #[must_use]
    pub fn height(&self) -> i32 {
        self.bottom.saturating_sub(self.top).max(0)
    }

    /// The smallest rectangle that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// The smallest rectangle that holds all; `None` of nothing.
    #[must_use]
    pub fn around(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().reduce(|a, b| a.union(&b))
    }
}

impl From<[i32; 4]> for Rect {
    fn from([left, top, right, bottom]: [i32; 4]) -> Self {
        Self { left, top, right, bottom }
    }
}

impl From<Rect> for [i32; 4] {
    fn from(rect: Rect) -> Self {
        [rect.left, rect.top, rect.right, rect.bottom]
    }
}

/// Four corners, as a reader of the text sees them: upper left, upper right, lower right, lower left. So the corners of
/// skewed or rotated text tell which way it reads.
///
/// In JSON an upright one is `[left, top, right, bottom]`, any other `[x, y, x, y, x, y, x, y]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "QuadJson", into = "QuadJson")]
pub struct Quad(pub [Point; 4]);

impl Quad {
    /// The smallest upright rectangle that holds it.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        let of = |p: &Point| Rect { left: p.x, top: p.y, right: p.x, bottom: p.y };
        self.0[1..].iter().map(of).fold(of(&self.0[0]), |a, b| a.union(&b))
    }

    /// Whether it is an upright rectangle.
    #[must_use]
    pub fn is_upright(&self) -> bool {
        Self::from(self.bounds()) == *self
    }

    /// What holds quads that follow each other on a line of text; `None` of nothing. If they are not all upright, it
    /// goes from the left edge of the first to the right edge of the last.
    #[must_use]
    pub fn around(line: impl IntoIterator<Item = Self>) -> Option<Self> {
        let quads: Vec<Self> = line.into_iter().collect();
        let (first, last) = (quads.first()?, quads.last()?);
        if quads.iter().all(Self::is_upright) {
            return Rect::around(quads.iter().map(Self::bounds)).map(Self::from);
        }
        Some(Self([first.0[0], last.0[1], last.0[2], first.0[3]]))
    }
}

impl From<Rect> for Quad {
    fn from(Rect { left, top, right, bottom }: Rect) -> Self {
        Self([[left, top], [right, top], [right, bottom], [left, bottom]].map(Point::from))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum QuadJson {
    Upright(Rect),
    Any([i32; 8]),
}

impl From<QuadJson> for Quad {
    fn from(json: QuadJson) -> Self {
        match json {
            QuadJson::Upright(rect) => rect.into(),
            QuadJson::Any([a, b, c, d, e, f, g, h]) => Self([[a, b], [c, d], [e, f], [g, h]].map(Point::from)),
        }
    }
}

impl From<Quad> for QuadJson {
    fn from(quad: Quad) -> Self {
        if quad.is_upright() {
            return Self::Upright(quad.bounds());
        }
        let [a, b, c, d] = quad.0;
        Self::Any([a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_upright_quad_is_four_numbers_in_json() -> Result<(), serde_json::Error> {
        let quad = Quad::from(Rect::from([1, 2, 30, 14]));
        assert_eq!(serde_json::to_string(&quad)?, "[1,2,30,14]");
        let skewed = Quad([[1, 2], [30, 3], [29, 14], [0, 13]].map(Point::from));
        assert_eq!(serde_json::to_string(&skewed)?, "[1,2,30,3,29,14,0,13]");
        assert_eq!(skewed.bounds(), Rect::from([0, 2, 30, 14]));
        Ok(())
    }

    proptest! {
        #[test]
        fn quads_read_back(corners in any::<[[i32; 2]; 4]>()) {
            let quad = Quad(corners.map(Point::from));
            prop_assert_eq!(serde_json::from_value::<Quad>(serde_json::to_value(quad)?)?, quad);
        }
    }
}
