//! A visual row: one line of all that stands side by side, and where it is on the page turned level.

use super::cells::cells;
use super::frame::{Item, Level, median, median_height};
use super::grid::Span;
use crate::page::Line;

/// A row of a zone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// Its words.
    pub(super) line: Line,
    /// The box around it; as high as its parts are in the median, so that a skewed row is not too high.
    pub(super) shape: Item,
    /// From where to where its cells go.
    pub(super) cells: Vec<Span>,
}

impl Row {
    /// A row of these lines, from left to right, which are at these places; `None` if there are none.
    pub(super) fn of(parts: Vec<Line>, places: &[Item], level: Level) -> Option<Self> {
        let shape = shape(places);
        let line = Line::of(parts.into_iter().flat_map(|line| line.words).collect())?;
        let cells = cells(&line).into_iter().filter_map(|cell| Span::of(cell, level)).collect();
        Some(Self { line, shape, cells })
    }
}

fn shape(parts: &[Item]) -> Item {
    let height = median_height(parts.iter().copied());
    let middle = median(parts.iter().map(Item::middle).collect());
    Item {
        left: parts.iter().map(|item| item.left).fold(f32::MAX, f32::min),
        top: middle - height / 2.0,
        right: parts.iter().map(|item| item.right).fold(f32::MIN, f32::max),
        bottom: middle + height / 2.0,
        letters: parts.iter().map(|item| item.letters).sum(),
    }
}
