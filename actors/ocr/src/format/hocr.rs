//! hOCR 1.2: XHTML with boxes. See <https://kba.github.io/hocr-spec/1.2/>.
//!
//! Pages, areas, paragraphs, lines and words nest as tesseract nests them, with the same elements and classes, as that
//! is what readers look for. So all lines are `ocr_line`, headings too: for these the specification has no class (its
//! `ocr_header` is the running head of a page), and readers like `hocr-pdf` pass over lines of other classes. Tables,
//! running heads and feet, and page numbers are areas of their own classes.
//!
//! Lines about level have a `baseline`, all others a `textangle`: readers that know both would turn the text twice.

use std::fmt::Arguments;
use std::io::{self, Write};

use super::role::Role;
use super::shape::{Sheet, baseline, line_height, reading_angle};
use super::xml::{Element, Xml};
use super::{FileInfo, PageWriter, credits};
use crate::page::{Block, Line, Rect, Word};
use crate::reading::Reading;

const DOCTYPE: &str = "html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \
                       \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\"";

/// The classes that may be in the document.
const CAPABILITIES: &str = "ocr_page ocr_carea ocr_table ocr_header ocr_footer ocr_pageno ocr_par ocr_line ocrx_word \
                            ocrp_wconf";

/// Lines that rise or sink more than this, in degrees, are not told by a baseline.
const STEEPEST_BASELINE: f64 = 45.0;

pub(super) struct Hocr<W: Write> {
    xml: Xml<W>,
    image: String,
}

impl<W: Write> Hocr<W> {
    /// Begins the document.
    pub(super) fn begin(out: W, file: &FileInfo<'_>) -> io::Result<Self> {
        let mut xml = Xml::begin(out)?;
        xml.doctype(DOCTYPE)?;
        xml.element("html").with("xmlns", "http://www.w3.org/1999/xhtml").open()?;
        xml.element("head").open()?;
        xml.element("title").text(file.name)?;
        let content_type = xml.element("meta").with("http-equiv", "Content-Type");
        content_type.with("content", "text/html; charset=utf-8").empty()?;
        xml.element("meta").with("name", "ocr-system").with("content", system(file)).empty()?;
        xml.element("meta").with("name", "ocr-number-of-pages").with("content", file.page_count).empty()?;
        xml.element("meta").with("name", "ocr-capabilities").with("content", CAPABILITIES).empty()?;
        xml.close("head")?;
        xml.element("body").open()?;
        Ok(Self { xml, image: quotable(file.name) })
    }

    fn block(&mut self, id: &str, block: &Block, class: &str, sheet: Sheet) -> io::Result<()> {
        let place = bbox(sheet.rect(block.bounds));
        self.element("div", class, format_args!("block_{id}"), &place).open()?;
        self.element("p", "ocr_par", format_args!("par_{id}"), &place).open()?;
        for (number, line) in (1_usize..).zip(&block.lines) {
            self.line(&format!("{id}_{number}"), line, sheet)?;
        }
        self.xml.close("p")?;
        self.xml.close("div")
    }

    fn line(&mut self, id: &str, line: &Line, sheet: Sheet) -> io::Result<()> {
        self.element("span", "ocr_line", format_args!("line_{id}"), &line_title(line, sheet)).open()?;
        for (number, word) in (1_usize..).zip(&line.words) {
            self.word(format_args!("word_{id}_{number}"), word, sheet)?;
        }
        self.xml.close("span")
    }

    fn word(&mut self, id: Arguments<'_>, word: &Word, sheet: Sheet) -> io::Result<()> {
        let place = bbox(sheet.rect(word.quad.bounds()));
        let title = format!("{place}; x_wconf {:.0}", word.confidence.percent());
        self.element("span", "ocrx_word", id, &title).text(&word.text)
    }

    fn element(&mut self, name: &'static str, class: &str, id: Arguments<'_>, title: &str) -> Element<'_, W> {
        self.xml.element(name).with("class", class).with("id", id).with("title", title)
    }
}

impl<W: Write> PageWriter for Hocr<W> {
    fn page(&mut self, number: u32, reading: &Reading) -> io::Result<()> {
        let (page, sheet) = (&reading.page, Sheet::of(&reading.page));
        let resolution = reading.dpi.map(|dpi| format!("; scan_res {dpi:.0} {dpi:.0}")).unwrap_or_default();
        let place = bbox(Rect::from([0, 0, sheet.width, sheet.height]));
        let title = format!("image \"{}\"; {place}; ppageno {}{resolution}", self.image, number.saturating_sub(1));
        self.element("div", "ocr_page", format_args!("page_{number}"), &title).open()?;
        for (index, block) in (1_usize..).zip(&page.blocks) {
            self.block(&format!("{number}_{index}"), block, class(Role::of(block, page)), sheet)?;
        }
        self.xml.close("div")
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.xml.close("body")?;
        self.xml.close("html")?;
        self.xml.flush()
    }
}

/// This software and the engines: `data2data 0.1.0; ppocr`.
fn system(file: &FileInfo<'_>) -> String {
    let this = format!("{} {}", credits::SOFTWARE, credits::VERSION);
    std::iter::once(this).chain(file.engines.iter().map(credits::engine)).collect::<Vec<_>>().join("; ")
}

const fn class(role: Role) -> &'static str {
    match role {
        Role::Paragraph | Role::Heading(_) | Role::ListItem | Role::Footnote => "ocr_carea",
        Role::Table => "ocr_table",
        Role::Header => "ocr_header",
        Role::Footer => "ocr_footer",
        Role::PageNumber => "ocr_pageno",
    }
}

fn bbox(Rect { left, top, right, bottom }: Rect) -> String {
    format!("bbox {left} {top} {right} {bottom}")
}

fn line_title(line: &Line, sheet: Sheet) -> String {
    let place = sheet.rect(line.quad.bounds());
    let (angle, size) = (reading_angle(&line.quad), line_height(&line.quad));
    let stands = if angle.abs() > STEEPEST_BASELINE {
        format!("textangle {:.0}", angle.rem_euclid(360.0))
    } else {
        let [start, end] = baseline(&line.quad);
        let (run, rise) = (f64::from(end.x) - f64::from(start.x), f64::from(end.y) - f64::from(start.y));
        let slope = if run > 0.0 { rise / run } else { 0.0 };
        // From the lower left corner of the box, y down.
        let offset =
            f64::from(start.y) + slope * (f64::from(place.left) - f64::from(start.x)) - f64::from(place.bottom);
        format!("baseline {} {}", rounded(slope, 1000.0), rounded(offset, 1.0))
    };
    format!("{}; {stands}; x_size {}", bbox(place), rounded(size, 10.0))
}

/// Rounded to that part of a whole; never `-0`.
fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts + 0.0
}

/// A file name as it can stand between quotes in a `title`, whose readers split it at semicolons and know no escapes.
fn quotable(name: &str) -> String {
    name.replace(|char: char| char.is_control() || matches!(char, '"' | ';' | '\\'), "_")
}
