//! Text that is there but does not show: what was read, word by word over its image (text rendering mode 3, ISO 32000-1,
//! 9.3.6).
//!
//! Each word is set from the lower left corner of its box towards the lower right one, as high as the box, and stretched
//! to its width, so that a viewer's selection covers the printed word. Between the words of a line stands a space as
//! wide as the gap. On a page that lies a little askew words are set level, each as high as its middle: programs that
//! extract text take letters for parts of one word only if they stand on one height.

use hayro::vello_cpu::kurbo::{Point, Vec2};
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Name, Settings, Str};

use super::font::TextFont;
use super::place::Placement;
use super::true_type::{ADVANCE, DESCENT};
use crate::page::{Line, Page, Quad, Word};

/// The least height and width of a word in units of user space: a box without area has no direction.
const LEAST: f64 = 0.1;
/// How far a space may reach, in heights of its word: more is a gap between columns.
const WIDEST_SPACE: f64 = 50.0;

/// How far a word may rise or sink, in its heights, to be set level.
const LEVEL: f64 = 0.5;

/// A word on the page.
struct Placed {
    /// The lower left corner.
    origin: Point,
    /// The way the text reads, of length 1.
    along: Vec2,
    width: f64,
    height: f64,
}

/// The instructions that set what was read on a page in the font of that name; none if nothing was. Words that were in
/// the file already are left out.
pub(super) fn text_layer(page: &Page, place: &Placement, font: &mut TextFont, font_name: &[u8]) -> Option<Vec<u8>> {
    let lines = page.lines().filter(|line| line.words.iter().any(is_read));
    let mut content = Content::with_settings(Settings { pretty: false });
    content.save_state();
    let mut is_empty = true;
    for line in lines {
        content.begin_text();
        content.set_text_rendering_mode(TextRenderingMode::Invisible);
        set_line(&mut content, line, place, font, font_name);
        content.end_text();
        is_empty = false;
    }
    content.restore_state();
    (!is_empty).then(|| content.finish().into_vec())
}

fn is_read(word: &Word) -> bool {
    !word.embedded && !word.text.is_empty()
}

fn set_line(content: &mut Content, line: &Line, place: &Placement, font: &mut TextFont, font_name: &[u8]) {
    let words: Vec<(&Word, Placed)> =
        line.words.iter().filter(|word| is_read(word)).map(|word| (word, Placed::of(&word.quad, place))).collect();
    let space = font.codes(" ");
    let (mut size, mut stretch) = (None, None);
    let mut stretched = |content: &mut Content, to: f32| {
        if stretch.replace(to) != Some(to) {
            content.set_horizontal_scaling(to);
        }
    };
    for (index, (word, placed)) in words.iter().enumerate() {
        let codes = font.codes(&word.text);
        let height = rounded(placed.height);
        if size.replace(height) != Some(height) {
            content.set_font(Name(font_name), height);
        }
        content.set_text_matrix(placed.text_matrix());
        stretched(content, placed.stretch(codes.len() / 2, placed.width));
        content.show(Str(&codes));
        if let Some((_, next)) = words.get(index + 1) {
            let gap = placed.gap_to(next).clamp(LEAST, WIDEST_SPACE * placed.height);
            stretched(content, placed.stretch(1, gap));
            content.show(Str(&space));
        }
    }
}

impl Placed {
    fn of(quad: &Quad, place: &Placement) -> Self {
        let [upper_left, upper_right, lower_right, lower_left] = quad.0.map(|corner| place.point(corner));
        // Means of both sides: corners are in whole pixels.
        let along = ((lower_right - lower_left) + (upper_right - upper_left)) / 2.0;
        let up = ((upper_left - lower_left) + (upper_right - lower_right)) / 2.0;
        let (width, height) = (along.hypot().max(LEAST), up.hypot().max(LEAST));
        // A box without width still has a direction by its height.
        let direction = if along.hypot() >= LEAST { along } else { Vec2::new(up.y, -up.x) };
        let direction = if direction.hypot() > 0.0 { direction.normalize() } else { Vec2::new(1.0, 0.0) };
        let axis = nearest_axis(direction);
        let along = if width * direction.cross(axis).abs() <= LEVEL * height { axis } else { direction };
        let center = lower_left.midpoint(upper_right).midpoint(lower_right.midpoint(upper_left));
        let origin = center - along * (width / 2.0) - Vec2::new(-along.y, along.x) * (height / 2.0);
        Self { origin, along, width, height }
    }

    /// The baseline lies over the lower edge by the descent of the font.
    fn text_matrix(&self) -> [f32; 6] {
        let up = Vec2::new(-self.along.y, self.along.x);
        let baseline = self.origin + up * (self.height * f64::from(DESCENT) / 1000.0);
        let turn = |value: f64| narrow((value * 1e5).round() / 1e5);
        let [cos, sin] = [turn(self.along.x), turn(self.along.y)];
        [cos, sin, -sin, cos, rounded(baseline.x), rounded(baseline.y)]
    }

    /// By how many percent so many characters are stretched to be so wide.
    fn stretch(&self, characters: usize, width: f64) -> f32 {
        let natural = characters.max(1) as f64 * self.height * f64::from(ADVANCE) / 1000.0;
        rounded(100.0 * width / natural)
    }

    /// How far the end of the word is from the beginning of the next one.
    fn gap_to(&self, next: &Self) -> f64 {
        (next.origin - self.origin).dot(self.along) - self.width
    }
}

/// Right, up, left or down.
fn nearest_axis(direction: Vec2) -> Vec2 {
    if direction.x.abs() >= direction.y.abs() {
        Vec2::new(direction.x.signum(), 0.0)
    } else {
        Vec2::new(0.0, direction.y.signum())
    }
}

/// To tenths of a point or percent: text that does not show need not be placed more finely, and digits take room.
fn rounded(value: f64) -> f32 {
    narrow((value * 10.0).round() / 10.0)
}

#[allow(clippy::cast_possible_truncation)] // Places on a page need no more digits.
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Block, Confidence, Rect};

    fn word(text: &str, quad: Quad) -> Word {
        Word { text: text.into(), quad, confidence: Confidence::new(0.9), chars: Vec::new(), embedded: false }
    }

    fn layer(words: Vec<Word>) -> Option<String> {
        let block = Line::of(words).and_then(|line| Block::of(vec![line]));
        let page = Page { width: 200, height: 100, blocks: block.into_iter().collect() };
        // Two pixels a point, on a page of 100 x 50 points.
        let content = text_layer(&page, &Placement::on_image(50.0, 0.5), &mut TextFont::default(), b"F")?;
        Some(String::from_utf8_lossy(&content).into_owned())
    }

    #[test]
    fn words_fill_their_boxes_with_a_space_between() {
        let words =
            vec![word("ab", Rect::from([20, 20, 60, 40]).into()), word("c", Rect::from([70, 20, 80, 40]).into())];
        let expected = "q\nBT\n3 Tr\n/F 10 Tf\n1 0 0 1 10 32 Tm\n200 Tz\n(\\000\\002\\000\\003)Tj\n100 Tz\n(\\000\\001)Tj\n\
                        1 0 0 1 35 32 Tm\n(\\000\\004)Tj\nET\nQ";
        let normal = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(layer(words).as_deref().map(normal), Some(normal(expected)));
    }

    #[test]
    fn text_that_reads_upwards_is_turned() {
        // Its upper left corner is at the lower left of the image.
        let quad = Quad([[20, 80], [20, 40], [40, 40], [40, 80]].map(Into::into));
        let layer = layer(vec![word("up", quad)]).unwrap_or_default();
        assert!(layer.contains("0 1 -1 0 18 10 Tm"), "{layer}");
    }

    #[test]
    fn words_a_little_askew_are_set_level() {
        let sinks = |by: i32| Quad([[20, 20], [60, 20 + by], [60, 40 + by], [20, 40]].map(Into::into));
        let level = layer(vec![word("askew", sinks(4))]).unwrap_or_default();
        assert!(level.contains("1 0 0 1 10 31 Tm"), "{level}");
        let turned = layer(vec![word("turned", sinks(40))]).unwrap_or_default();
        assert!(turned.contains("0.70711 -0.70711 0.70711 0.70711"), "{turned}");
    }

    #[test]
    fn words_of_the_file_are_not_set_again() {
        let mut own = word("own", Rect::from([20, 20, 60, 40]).into());
        own.embedded = true;
        assert_eq!(layer(vec![own]), None);
        assert_eq!(layer(Vec::new()), None);
    }

    #[test]
    fn boxes_without_area_do_no_harm() {
        let layer = layer(vec![word("x", Rect::default().into()), word("y", Rect::default().into())]);
        assert!(layer.is_some_and(|layer| !layer.contains("NaN") && !layer.contains("inf")));
    }
}
