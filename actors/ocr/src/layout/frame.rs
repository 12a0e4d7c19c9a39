//! Lines as upright boxes on a page whose text is level and reads to the right, whatever way the page lies.

use super::curl::straightened;
use crate::page::{Line, Point, Quad, Word};

/// A line's place after the page is turned level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
    /// How many characters it has.
    pub(super) letters: usize,
}

impl Item {
    pub(super) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub(super) fn middle(&self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }

    /// Whether the two share at least half of the lower one's height: then they are in one row.
    pub(super) fn beside(&self, other: &Self) -> bool {
        self.shares_height(other, 0.5)
    }

    /// Whether the two share a quarter of the lower one's height: the rows of columns need not be level.
    pub(super) fn roughly_beside(&self, other: &Self) -> bool {
        self.shares_height(other, 0.25)
    }

    fn shares_height(&self, other: &Self, part: f32) -> bool {
        let shared = self.bottom.min(other.bottom) - self.top.max(other.top);
        shared > 0.0 && shared >= part * self.height().min(other.height())
    }

    /// How much of the horizontal the two share.
    pub(super) fn overlap(&self, other: &Self) -> f32 {
        (self.right.min(other.right) - self.left.max(other.left)).max(0.0)
    }
}

/// The median of the heights; 0 of nothing.
pub(super) fn median_height(items: impl Iterator<Item = Item>) -> f32 {
    median(items.map(|item| item.height()).collect())
}

/// The middle value, the upper one of two; 0 of nothing.
pub(super) fn median(mut values: Vec<f32>) -> f32 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// How a page has to be turned so that its text is level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    sin: f32,
    cos: f32,
}

impl Level {
    /// As most of these lines read.
    pub(super) fn of(lines: &[Line]) -> Self {
        let (sin, cos) = slope(lines).sin_cos();
        Self { sin, cos }
    }

    /// A line's place on the page turned level.
    pub(super) fn line(self, line: &Line) -> Item {
        Item { letters: line.words.iter().map(letters).sum(), ..self.quad(&line.quad) }
    }

    /// A word's place on the page turned level.
    pub(super) fn word(self, word: &Word) -> Item {
        Item { letters: letters(word), ..self.quad(&word.quad) }
    }

    /// How much a line sinks for each step to the right on the page turned level; `None` if it is one of those that read
    /// in another direction.
    pub(super) fn slope(self, line: &Line) -> Option<f32> {
        let (angle, _) = direction(&line.quad)?;
        let (sin, cos) = angle.sin_cos();
        let (along, down) = (cos * self.cos + sin * self.sin, sin * self.cos - cos * self.sin);
        (along > down.abs()).then_some(down / along)
    }

    fn quad(self, quad: &Quad) -> Item {
        let corners = quad.0.each_ref().map(|corner| {
            let (x, y) = coordinates(corner);
            (x * self.cos + y * self.sin, y * self.cos - x * self.sin)
        });
        let low = |of: fn(&(f32, f32)) -> f32| corners.iter().map(of).fold(f32::MAX, f32::min);
        let high = |of: fn(&(f32, f32)) -> f32| corners.iter().map(of).fold(f32::MIN, f32::max);
        Item { left: low(|c| c.0), top: low(|c| c.1), right: high(|c| c.0), bottom: high(|c| c.1), letters: 0 }
    }
}

/// The lines' boxes on the page turned level, and its rows straightened where they slope otherwise than most.
pub(super) fn frame(lines: &[Line], level: Level) -> Vec<Item> {
    let items: Vec<Item> = lines.iter().map(|line| level.line(line)).collect();
    let slopes: Vec<Option<f32>> = lines.iter().map(|line| level.slope(line)).collect();
    straightened(&items, &slopes)
}

fn letters(word: &Word) -> usize {
    word.text.chars().count()
}

/// The angle that the text of the page reads in, in radians clockwise from level: first which of the four directions
/// most of it has, then the median of the lines in that direction. Long lines count more.
fn slope(lines: &[Line]) -> f32 {
    let directions: Vec<(f32, f32)> = lines.iter().filter_map(|line| direction(&line.quad)).collect();
    let quarter = |angle: f32| (angle / std::f32::consts::FRAC_PI_2).round();
    let weight = |turns: f32| -> f32 {
        directions.iter().filter(|(angle, _)| quarter(*angle).rem_euclid(4.0) == turns).map(|(_, length)| length).sum()
    };
    let mut best = 0.0;
    for turns in [1.0, 2.0, 3.0] {
        if weight(turns) > weight(best) {
            best = turns;
        }
    }
    let turned = directions.iter().filter(|(angle, _)| quarter(*angle).rem_euclid(4.0) == best);
    let rest = turned.map(|(angle, length)| (angle - quarter(*angle) * std::f32::consts::FRAC_PI_2, *length));
    best * std::f32::consts::FRAC_PI_2 + weighted_median(rest.collect())
}

/// The angle and the length of a line's text; `None` without length.
fn direction(quad: &Quad) -> Option<(f32, f32)> {
    let [a, b, c, d] = quad.0.each_ref().map(coordinates);
    let (dx, dy) = (b.0 + c.0 - a.0 - d.0, b.1 + c.1 - a.1 - d.1);
    let length = dx.hypot(dy);
    (length > 0.0).then(|| (dy.atan2(dx), length))
}

/// The value with half of the weight on each side; 0 of nothing.
pub(super) fn weighted_median(mut values: Vec<(f32, f32)>) -> f32 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let half = values.iter().map(|(_, weight)| weight).sum::<f32>() / 2.0;
    let mut sum = 0.0;
    let middle = values.iter().find(|(_, weight)| {
        sum += weight;
        sum >= half
    });
    middle.map_or(0.0, |(value, _)| *value)
}

#[allow(clippy::cast_precision_loss)] // Pages have fewer than 2^24 columns and rows.
fn coordinates(point: &Point) -> (f32, f32) {
    (point.x as f32, point.y as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Confidence;

    /// A line of 100 x 10 that starts at this place and reads in this direction.
    #[allow(clippy::cast_possible_truncation)] // They are below 1000.
    fn line(x: f32, y: f32, angle: f32) -> Line {
        let (sin, cos) = angle.sin_cos();
        let at = |u: f32, v: f32| [(x + u * cos - v * sin).round() as i32, (y + u * sin + v * cos).round() as i32];
        let quad = Quad([at(0.0, 0.0), at(100.0, 0.0), at(100.0, 10.0), at(0.0, 10.0)].map(Point::from));
        Line { quad, confidence: Confidence::default(), words: Vec::new() }
    }

    #[test]
    fn skewed_and_turned_pages_become_level() {
        for turned in [0.0, 0.1, 1.6, 3.1, -1.5] {
            let (sin, cos) = f32::sin_cos(turned);
            let lines = [line(500.0, 500.0, turned), line(500.0 - 30.0 * sin, 500.0 + 30.0 * cos, turned)];
            let items = frame(&lines, Level::of(&lines));
            assert!((items[1].top - items[0].top - 30.0).abs() < 2.0, "{turned}: {items:?}");
            assert!((items[0].width() - 100.0).abs() < 3.0 && (items[0].height() - 10.0).abs() < 3.0, "{items:?}");
        }
    }

    #[test]
    fn a_few_lines_that_read_otherwise_do_not_turn_the_page() {
        let lines = [line(0.0, 0.0, 0.0), line(0.0, 30.0, 0.0), line(300.0, 0.0, 1.57)];
        let items = frame(&lines, Level::of(&lines));
        assert!((items[0].height() - 10.0).abs() < 0.5 && (items[2].height() - 100.0).abs() < 1.0, "{items:?}");
    }

    #[test]
    fn boxes_beside_each_other_share_half_of_the_lower_height() {
        let item = |top: f32, bottom: f32| Item { left: 0.0, top, right: 1.0, bottom, letters: 1 };
        assert!(item(0.0, 10.0).beside(&item(5.0, 15.0)) && item(0.0, 40.0).beside(&item(5.0, 15.0)));
        assert!(!item(0.0, 10.0).beside(&item(6.0, 16.0)));
    }
}
