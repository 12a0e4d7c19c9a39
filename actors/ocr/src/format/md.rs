//! Markdown (`CommonMark`, with the tables of GitHub's): headings, lists and tables as such, each paragraph on one line with
//! the words that were parted at the ends of lines joined, a thematic break (`---`) between pages, of which one that could
//! not be read is empty.
//!
//! A paragraph that goes on in the next column is one; footnotes, running heads and page numbers are paragraphs too.
//! Where the lines of a block are no running text, as in addresses, forms and receipts, each keeps its line (a hard line
//! break). The first row of a table is its header, for Markdown has no tables without one. Lists keep their numbers, and
//! bullets become `-`. What would be markup is escaped: the text reads as it is printed.

mod blocks;
mod escape;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use super::PageWriter;
use crate::reading::Reading;

/// What parts pages.
const BREAK: &str = "\n---\n\n";

pub(super) struct Md<W> {
    out: W,
    begun: bool,
}

impl<W: Write> Md<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out, begun: false }
    }
}

impl<W: Write> PageWriter for Md<W> {
    fn page(&mut self, _: u32, reading: &Reading) -> io::Result<()> {
        self.missing()?;
        self.out.write_all(blocks::markdown(&reading.page.blocks).as_bytes())
    }

    fn missing(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            self.out.write_all(BREAK.as_bytes())?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}
