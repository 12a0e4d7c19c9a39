//! A block while it is not settled what it is.

use super::frame::median_height;
use super::order::Place;
use super::row::Row;
use crate::page::{Block, BlockKind};

/// Rows that belong together.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) kind: BlockKind,
    /// Where on the page its zone is.
    pub(super) place: Place,
    /// Its zone's number.
    pub(super) zone: usize,
    /// Never empty.
    pub(super) rows: Vec<Row>,
}

impl Draft {
    pub(super) fn block(self) -> Option<Block> {
        let block = Block::of(self.rows.into_iter().map(|row| row.line).collect())?;
        Some(Block { kind: self.kind, ..block })
    }

    /// The median height of its rows.
    pub(super) fn height(&self) -> f32 {
        median_height(self.rows.iter().map(|row| row.shape))
    }

    pub(super) fn letters(&self) -> usize {
        self.rows.iter().map(|row| row.shape.letters).sum()
    }

    /// Its text on one line.
    pub(super) fn text(&self) -> String {
        self.rows.iter().map(|row| row.line.text()).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn is_paragraph(&self) -> bool {
        self.kind == BlockKind::Paragraph
    }

    /// Whether no row has wide white in it.
    pub(super) fn is_unbroken(&self) -> bool {
        self.rows.iter().all(|row| row.cells.len() == 1)
    }
}
