//! TSV: the columns of tesseract, for programs that read its output. See the `tsv` configuration of tesseract 5.
//!
//! A row each for the page, a block, its one paragraph, a line, a word (levels 1 to 5), each before what it holds;
//! `conf` is from 0 to 100 for words and -1 for all else, which has no text. There is no quoting, so tabs and line ends
//! are not in the text. Unlike tesseract's, the header is there once, and pages are numbered as in the file.

use std::io::{self, Write};

use super::PageWriter;
use super::shape::Sheet;
use super::xml::legal;
use crate::page::Rect;
use crate::reading::Reading;

const HEADER: &[u8] =
    b"level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n";

pub(super) struct Tsv<W> {
    out: W,
}

/// The numbers of a page, block, paragraph, line and word; 0 for what is inside of the row's.
type Numbers = [usize; 5];

impl<W: Write> Tsv<W> {
    /// Begins the table.
    pub(super) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(HEADER)?;
        Ok(Self { out })
    }

    fn part(&mut self, level: usize, numbers: Numbers, place: Rect) -> io::Result<()> {
        self.row(level, numbers, place)?;
        self.out.write_all(b"-1\t\n")
    }

    /// The columns up to the confidence.
    fn row(&mut self, level: usize, numbers: Numbers, place: Rect) -> io::Result<()> {
        let [page, block, paragraph, line, word] = numbers;
        write!(self.out, "{level}\t{page}\t{block}\t{paragraph}\t{line}\t{word}\t")?;
        write!(self.out, "{}\t{}\t{}\t{}\t", place.left, place.top, place.width(), place.height())
    }
}

impl<W: Write> PageWriter for Tsv<W> {
    fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()> {
        let page = number as usize;
        let sheet = Sheet::of(&reading.page);
        self.part(1, [page, 0, 0, 0, 0], Rect::from([0, 0, sheet.width, sheet.height]))?;
        for (b, block) in (1..).zip(&reading.page.blocks) {
            self.part(2, [page, b, 0, 0, 0], sheet.rect(block.bounds))?;
            self.part(3, [page, b, 1, 0, 0], sheet.rect(block.bounds))?;
            for (l, line) in (1..).zip(&block.lines) {
                self.part(4, [page, b, 1, l, 0], sheet.rect(line.quad.bounds()))?;
                for (w, word) in (1..).zip(&line.words) {
                    self.row(5, [page, b, 1, l, w], sheet.rect(word.quad.bounds()))?;
                    writeln!(self.out, "{}\t{}", word.confidence.percent(), cell(&word.text))?;
                }
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

/// The text without what some reader takes for the end of a cell or row.
fn cell(text: &str) -> String {
    let parts = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
    legal(text).replace(parts, " ")
}
