//! The text that a page of a PDF has of its own, and whether there is more to read on it.

use hayro::hayro_interpret::kurbo::Rect;

use super::glyphs::{Drawn, Glyph};
use super::words;
use crate::layout;
use crate::page::{Line, Page};
use crate::params::Mode;

/// The part of a page that its images take at least if they are to be read.
const IMAGE_SHARE: f64 = 0.08;
/// The part of its images that text covers if it belongs to them: a page of text set over a picture, and not a scan with
/// a stamp.
const COVERED_SHARE: f64 = 0.02;

/// The text of a page that is in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct PageText {
    /// Its lines, in any order.
    pub lines: Vec<Line>,
    /// Whether there is also something to read: images without text over them.
    pub wants_reading: bool,
    /// Width and height of the page as it is rendered, in pixels.
    pub size: (u32, u32),
    /// The resolution at which that is.
    pub dpi: Option<f32>,
}

impl PageText {
    /// The page, with the lines in the order in which they read.
    #[must_use]
    pub fn into_page(self) -> Page {
        let (width, height) = self.size;
        Page { width, height, blocks: layout::arrange(self.lines) }
    }
}

/// The lines to keep of what a page draws, and whether to read what it shows; `size` is that of the page.
pub(super) fn own_text(drawn: &Drawn, (width, height): (u32, u32), mode: Mode) -> (Vec<Line>, bool) {
    let keeps_invisible = mode == Mode::Auto;
    let kept: Vec<&Glyph> = drawn.glyphs.iter().filter(|glyph| keeps_invisible || !glyph.invisible).collect();
    let has_invisible = drawn.glyphs.iter().any(|glyph| glyph.invisible);
    if mode == Mode::Force || !is_meant(&kept) {
        return (Vec::new(), true);
    }
    let lines = words::lines(&kept);
    let replaces = has_invisible && !keeps_invisible;
    // An invisible layer is what another program read.
    let is_read_already = has_invisible && keeps_invisible;
    let page = f64::from(width) * f64::from(height);
    let wants_reading =
        replaces || lines.is_empty() || (!is_read_already && has_uncovered(&drawn.images, &lines, page));
    (lines, wants_reading)
}

/// Whether most of the glyphs mean something: fonts without a usable encoding give none, or characters that are not for
/// reading.
fn is_meant(glyphs: &[&Glyph]) -> bool {
    let is_white = |glyph: &Glyph| glyph.text.as_ref().is_some_and(|text| text.chars().all(char::is_whitespace));
    let (mut meant, mut all) = (0_usize, 0_usize);
    for glyph in glyphs.iter().filter(|glyph| !is_white(glyph)) {
        all += 1;
        meant += usize::from(glyph.text.as_ref().is_some_and(|text| text.chars().all(is_readable)));
    }
    all > 0 && meant * 2 >= all
}

/// Neither a replacement, nor a control character, nor for private use.
fn is_readable(char: char) -> bool {
    let private = matches!(char, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    !(private || char.is_control() || matches!(char, '\u{fffd}' | '\u{fffe}' | '\u{ffff}'))
}

/// Whether images take a good part of the page, and hardly any text stands on them.
fn has_uncovered(images: &[Rect], lines: &[Line], page: f64) -> bool {
    let area: f64 = images.iter().map(Rect::area).sum();
    if area < page * IMAGE_SHARE {
        return false;
    }
    let words = lines.iter().flat_map(|line| &line.words).map(|word| word.quad.bounds());
    let covered: f64 = words
        .map(|word| Rect::new(word.left.into(), word.top.into(), word.right.into(), word.bottom.into()))
        .filter(|word| images.iter().any(|image| image.contains(word.center())))
        .map(|word| word.area())
        .sum();
    covered < area * COVERED_SHARE
}

#[cfg(test)]
mod tests {
    use hayro::hayro_interpret::kurbo::{Point, Vec2};

    use super::*;

    const SIZE: (u32, u32) = (1000, 1000);

    fn glyphs(text: &str, invisible: bool) -> Vec<Glyph> {
        let glyph = |(index, char): (u32, char)| {
            let origin = Point::new(f64::from(100 + index * 10), 500.0);
            Glyph {
                text: Some(char.into()),
                origin,
                end: origin + Vec2::new(10.0, 0.0),
                up: Vec2::new(0.0, -20.0),
                invisible,
            }
        };
        (0..).zip(text.chars()).map(glyph).collect()
    }

    fn read(glyphs: Vec<Glyph>, image: Option<[f64; 4]>, mode: Mode) -> (String, bool) {
        let images = image.map(|[x0, y0, x1, y1]| Rect::new(x0, y0, x1, y1)).into_iter().collect();
        let (lines, wants_reading) = own_text(&Drawn { glyphs, images, density: None }, SIZE, mode);
        (lines.iter().map(Line::text).collect(), wants_reading)
    }

    const SCAN: Option<[f64; 4]> = Some([0.0, 0.0, 1000.0, 1000.0]);

    #[test]
    fn text_is_kept_and_scans_under_a_stamp_are_read() {
        assert_eq!(read(glyphs("own", false), None, Mode::Auto), ("own".into(), false));
        assert_eq!(read(glyphs("own", false), SCAN, Mode::Auto), ("own".into(), true));
        let logo = Some([0.0, 0.0, 100.0, 100.0]);
        assert_eq!(read(glyphs("own", false), logo, Mode::Auto), ("own".into(), false));
        let under_text = Some([90.0, 400.0, 500.0, 600.0]);
        assert!(!read(glyphs(&"text ".repeat(8), false), under_text, Mode::Auto).1);
        assert_eq!(read(Vec::new(), SCAN, Mode::Auto), (String::new(), true));
    }

    #[test]
    fn an_invisible_layer_counts_unless_it_is_redone() {
        assert_eq!(read(glyphs("old", true), SCAN, Mode::Auto), ("old".into(), false));
        assert_eq!(read(glyphs("old", true), SCAN, Mode::Redo), (String::new(), true));
        let both = [glyphs("seen", false), glyphs("old", true)].concat();
        assert_eq!(read(both, None, Mode::Redo), ("seen".into(), true));
        assert_eq!(read(glyphs("seen", false), None, Mode::Redo), ("seen".into(), false));
        assert_eq!(read(glyphs("seen", false), None, Mode::Force), (String::new(), true));
    }

    #[test]
    fn text_without_meaning_is_none() {
        for garbage in ["\u{fffd}\u{fffd}x", "\u{e001}\u{e002} \u{e003}", "\u{1}\u{2}\u{3}"] {
            assert_eq!(read(glyphs(garbage, false), None, Mode::Auto), (String::new(), true), "{garbage:?}");
        }
    }
}
