//! Glyphs to lines of words: those that follow each other on a baseline belong together. Pure geometry.

use std::collections::HashSet;

use hayro::hayro_interpret::kurbo::{Point, Vec2};

use super::glyphs::Glyph;
use crate::page::{self, Confidence, Line, Quad, Word};

/// Gaps, heights and offsets in ems. A gap wider than this parts words...
const WORD_GAP: f64 = 0.2;
/// ...and a wider one lines.
const LINE_GAP: f64 = 1.5;
/// How far a glyph may step back: kerning, or accents set over the letter before.
const STEP_BACK: f64 = -0.5;
/// How far a baseline may lie beside another of its line: raised and lowered text.
const OFFSET: f64 = 0.45;
/// By how much sizes on a line may differ.
const MOST_RATIO: f64 = 2.5;
/// How nearly the same the direction of text on a line is (a cosine).
const SAME_DIRECTION: f64 = 0.98;
/// The top and bottom of text over its baseline.
const ASCENT: f64 = 0.75;
const DESCENT: f64 = 0.22;
/// How far a shadow lies beside its glyph at most.
const SAME_PLACE: f64 = 0.1;
/// Lines that are looked back on for one that a word continues: columns are often set by turns.
const LINES_BACK: usize = 8;

/// A stretch of text on a baseline.
#[derive(Debug, Clone)]
struct Run {
    text: String,
    origin: Point,
    end: Point,
    up: Vec2,
}

/// The words of these glyphs in lines. Glyphs without meaning stand for nothing.
pub(super) fn lines(glyphs: &[&Glyph]) -> Vec<Line> {
    let mut lines: Vec<Vec<Run>> = Vec::new();
    for word in words(glyphs) {
        let continued = lines.iter_mut().rev().take(LINES_BACK).find(|line| {
            line.last().is_some_and(|last| last.gap_to(&word).is_some_and(|gap| (STEP_BACK..LINE_GAP).contains(&gap)))
        });
        match continued {
            Some(line) => line.push(word),
            None => lines.push(vec![word]),
        }
    }
    lines.into_iter().filter_map(|words| Line::of(words.iter().map(Run::word).collect())).collect()
}

/// Runs without white space.
fn words(glyphs: &[&Glyph]) -> Vec<Run> {
    let mut words: Vec<Run> = Vec::new();
    let (mut open, mut seen) = (false, Seen::default());
    for glyph in glyphs {
        let text: String = glyph.text.iter().flat_map(|text| text.chars()).filter(|char| !char.is_control()).collect();
        let bare = text.trim_matches(is_white);
        if bare.is_empty() {
            open &= !text.chars().any(is_white);
            continue;
        }
        if seen.is_again(glyph, bare) {
            continue;
        }
        let run = Run { text: bare.to_owned(), origin: glyph.origin, end: glyph.end, up: glyph.up };
        let opens = text.starts_with(is_white) || !open;
        open = !text.ends_with(is_white);
        match words.last_mut() {
            Some(word) if !opens && word.gap_to(&run).is_some_and(|gap| (STEP_BACK..WORD_GAP).contains(&gap)) => {
                word.text.push_str(&run.text);
                word.end = run.end;
                if run.up.hypot() > word.up.hypot() {
                    word.up = run.up;
                }
            }
            _ => words.push(run),
        }
    }
    words
}

/// The glyphs that were set already.
#[derive(Default)]
struct Seen(HashSet<(String, i64, i64)>);

impl Seen {
    /// Whether the same glyph lies at the same place, or nearly: then this one is a shadow or boldness of it.
    fn is_again(&mut self, glyph: &Glyph, text: &str) -> bool {
        let near = glyph.up.hypot() * SAME_PLACE;
        #[allow(clippy::cast_possible_truncation)] // Saturates; glyphs lie on the page.
        let [x, y] = [glyph.origin.x, glyph.origin.y].map(|place| (place / near).round() as i64);
        let around = [-1, 0, 1].into_iter().flat_map(|dx| [-1, 0, 1].map(|dy| (x + dx, y + dy)));
        let again = around.into_iter().any(|(x, y)| self.0.contains(&(text.to_owned(), x, y)));
        self.0.insert((text.to_owned(), x, y));
        again
    }
}

fn is_white(char: char) -> bool {
    char.is_whitespace() || char == '\u{200b}' || char == '\u{feff}'
}

impl Run {
    fn along(&self) -> Vec2 {
        let along = self.end - self.origin;
        // A glyph without width still has a direction by its height; y is down.
        if along.hypot() > 0.0 { along.normalize() } else { Vec2::new(-self.up.y, self.up.x).normalize() }
    }

    /// The gap to what may follow on the line, in ems; none if it does not stand on the line.
    fn gap_to(&self, next: &Self) -> Option<f64> {
        let (along, em) = (self.along(), self.up.hypot().max(next.up.hypot()));
        let ratio = em / self.up.hypot().min(next.up.hypot());
        let step = next.origin - self.end;
        let beside = step.cross(along).abs() / em;
        let follows = along.dot(next.along()) > SAME_DIRECTION && ratio < MOST_RATIO && beside < OFFSET;
        follows.then(|| step.dot(along) / em)
    }

    fn word(&self) -> Word {
        let (top, bottom) = (self.up * ASCENT, self.up * -DESCENT);
        let corners = [self.origin + top, self.end + top, self.end + bottom, self.origin + bottom];
        Word {
            text: self.text.clone(),
            quad: Quad(corners.map(pixel)),
            confidence: Confidence::new(1.0),
            chars: Vec::new(),
            embedded: true,
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // Saturates; glyphs lie on the page.
fn pixel(point: Point) -> page::Point {
    page::Point { x: point.x.round() as i32, y: point.y.round() as i32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Glyphs of a text in a font of 10 pixels whose glyphs are 5 wide, turned by a quarter so many times.
    fn set(text: &str, x: f64, y: f64, quarters: i32) -> Vec<Glyph> {
        let along = match quarters {
            0 => Vec2::new(1.0, 0.0),
            1 => Vec2::new(0.0, 1.0),
            _ => Vec2::new(0.0, -1.0),
        };
        let glyph = |(index, char): (usize, char)| {
            let origin = Point::new(x, y) + along * (5.0 * index as f64);
            let up = Vec2::new(along.y, -along.x) * 10.0;
            Glyph { text: Some(char.into()), origin, end: origin + along * 5.0, up, invisible: false }
        };
        text.chars().enumerate().map(glyph).collect()
    }

    fn text(glyphs: &[Glyph]) -> Vec<String> {
        lines(&glyphs.iter().collect::<Vec<_>>()).iter().map(Line::text).collect()
    }

    #[test]
    fn words_end_at_spaces_and_gaps() {
        let glyphs = [set("two words", 10.0, 50.0, 0), set("near", 58.0, 50.0, 0), set("far", 200.0, 50.0, 0)].concat();
        assert_eq!(text(&glyphs), ["two words near", "far"]);
    }

    #[test]
    fn boxes_hold_the_glyphs() {
        let line = lines(&set("ab", 10.0, 50.0, 0).iter().collect::<Vec<_>>()).swap_remove(0);
        assert_eq!(line.quad.bounds(), page::Rect::from([10, 43, 20, 52]));
        assert!(line.words[0].embedded && line.quad.is_upright());
        let turned = lines(&set("ab", 10.0, 50.0, 1).iter().collect::<Vec<_>>()).swap_remove(0);
        assert_eq!(turned.quad.0[0], page::Point { x: 18, y: 50 });
        assert_eq!(turned.quad.bounds(), page::Rect::from([8, 50, 18, 60]));
    }

    #[test]
    fn lines_set_by_turns_are_told_apart() {
        let glyphs = [
            set("left", 10.0, 50.0, 0),
            set("right", 100.0, 50.0, 0),
            set("side", 35.0, 50.0, 0),
            set("up", 300.0, 50.0, 2),
        ];
        assert_eq!(text(&glyphs.concat()), ["left side", "right", "up"]);
    }

    #[test]
    fn shadows_are_dropped_and_raised_text_stays() {
        let glyphs = [set("bold", 10.0, 50.0, 0), set("bold", 10.4, 50.0, 0), set("2", 30.0, 46.0, 0)].concat();
        assert_eq!(text(&glyphs), ["bold2"]);
    }

    #[test]
    fn glyphs_without_meaning_are_nothing() {
        let mut glyphs = set("abc", 10.0, 50.0, 0);
        glyphs[1].text = None;
        glyphs[2].text = Some("\u{1}".into());
        assert_eq!(text(&glyphs), ["a"]);
        assert_eq!(text(&[]), [""; 0]);
    }
}
