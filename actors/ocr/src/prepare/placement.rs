//! How the image that is read lies on the page as it came, and back.

use image::{Rgb, RgbImage, imageops};

use crate::page::{Block, Page, Point, Quad};

/// What shows beyond the edges of a page that was turned a little.
const PAPER: Rgb<u8> = Rgb([255; 3]);

/// Quarters of a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Quarter {
    /// As it is.
    #[default]
    None,
    /// Clockwise by 90 degrees.
    Right,
    /// On its head.
    Half,
    /// Counterclockwise by 90 degrees.
    Left,
}

impl Quarter {
    /// Degrees clockwise.
    #[must_use]
    pub const fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Right => 90,
            Self::Half => 180,
            Self::Left => 270,
        }
    }

    /// The turn that undoes it.
    #[must_use]
    pub const fn back(self) -> Self {
        match self {
            Self::Right => Self::Left,
            Self::Left => Self::Right,
            same => same,
        }
    }
}

/// A page turned to be read: first by quarters, then by a slope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// The size of the page as it came.
    size: (u32, u32),
    quarter: Quarter,
    /// The slope that was taken out, in radians; positive if the lines sank to the right.
    slope: f32,
}

impl Placement {
    /// A page of this size, as it is.
    #[must_use]
    pub const fn of(size: (u32, u32)) -> Self {
        Self { size, quarter: Quarter::None, slope: 0.0 }
    }

    /// Turned by quarters.
    #[must_use]
    pub fn turn(self, page: RgbImage, quarter: Quarter) -> (Self, RgbImage) {
        let turned = match quarter {
            Quarter::None => page,
            Quarter::Right => imageops::rotate90(&page),
            Quarter::Half => imageops::rotate180(&page),
            Quarter::Left => imageops::rotate270(&page),
        };
        (Self { quarter, ..self }, turned)
    }

    /// Turned so that lines that slope by this many degrees (sinking to the right) are level. The image grows so that
    /// nothing of it is lost.
    #[must_use]
    pub fn level(self, page: &RgbImage, degrees: f32) -> (Self, RgbImage) {
        let placed = Self { slope: degrees.to_radians(), ..self };
        let (width, height) = placed.levelled_size();
        #[allow(clippy::cast_precision_loss)] // Images have fewer than 2^24 columns and rows.
        let from = |x: u32, y: u32| placed.unlevel(x as f32 + 0.5, y as f32 + 0.5);
        let turned = RgbImage::from_fn(width, height, |x, y| {
            let (x, y) = from(x, y);
            between(page, x - 0.5, y - 0.5)
        });
        (placed, turned)
    }

    /// What was read, with its boxes where they are on the page as it came.
    #[must_use]
    pub fn bring_back(&self, read: Page) -> Page {
        if *self == Self::of(self.size) {
            return read;
        }
        let blocks = read.blocks.into_iter().map(|block| self.block(block)).collect();
        Page { width: self.size.0, height: self.size.1, blocks }
    }

    fn block(&self, mut block: Block) -> Block {
        for line in &mut block.lines {
            line.quad = self.quad(line.quad);
            for word in &mut line.words {
                word.quad = self.quad(word.quad);
                word.chars.iter_mut().for_each(|char| char.quad = self.quad(char.quad));
            }
        }
        let kind = block.kind;
        Block::of(std::mem::take(&mut block.lines)).map_or(block, |placed| Block { kind, ..placed })
    }

    fn quad(&self, quad: Quad) -> Quad {
        Quad(quad.0.map(|point| self.point(point)))
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // Casts of floats saturate.
    fn point(&self, Point { x, y }: Point) -> Point {
        let (x, y) = self.unlevel(x as f32, y as f32);
        let (width, height) = (self.size.0 as f32, self.size.1 as f32);
        let (x, y) = match self.quarter {
            Quarter::None => (x, y),
            Quarter::Right => (y, height - x),
            Quarter::Half => (width - x, height - y),
            Quarter::Left => (width - y, x),
        };
        Point { x: x.round().clamp(0.0, width) as i32, y: y.round().clamp(0.0, height) as i32 }
    }

    /// The size after the turn by quarters.
    const fn turned_size(&self) -> (u32, u32) {
        match self.quarter {
            Quarter::None | Quarter::Half => self.size,
            Quarter::Right | Quarter::Left => (self.size.1, self.size.0),
        }
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Small and positive.
    fn levelled_size(&self) -> (u32, u32) {
        let (width, height) = self.turned_size();
        if self.slope == 0.0 {
            return (width, height);
        }
        let (sin, cos) = (self.slope.sin().abs(), self.slope.cos().abs());
        let (width, height) = (width as f32, height as f32);
        ((width * cos + height * sin).ceil() as u32, (width * sin + height * cos).ceil() as u32)
    }

    /// From the levelled image to the one before.
    #[allow(clippy::cast_precision_loss)] // Images have fewer than 2^24 columns and rows.
    fn unlevel(&self, x: f32, y: f32) -> (f32, f32) {
        if self.slope == 0.0 {
            return (x, y);
        }
        let middle = |(width, height): (u32, u32)| (width as f32 / 2.0, height as f32 / 2.0);
        let (from, to) = (middle(self.levelled_size()), middle(self.turned_size()));
        let (sin, cos) = self.slope.sin_cos();
        let (dx, dy) = (x - from.0, y - from.1);
        (to.0 + dx * cos - dy * sin, to.1 + dx * sin + dy * cos)
    }
}

/// The colour between pixels; (0, 0) is the first pixel, and beyond the edges there is paper.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within the image.
fn between(page: &RgbImage, x: f32, y: f32) -> Rgb<u8> {
    let (x0, y0) = (x.floor(), y.floor());
    if x0 < -1.0 || y0 < -1.0 || x0 >= page.width() as f32 || y0 >= page.height() as f32 {
        return PAPER;
    }
    let (fx, fy) = (x - x0, y - y0);
    let at = |dx: i32, dy: i32| {
        let (x, y) = (x0 as i32 + dx, y0 as i32 + dy);
        let place = u32::try_from(x).ok().zip(u32::try_from(y).ok());
        place.and_then(|(x, y)| page.get_pixel_checked(x, y)).unwrap_or(&PAPER).0
    };
    let [a, b, c, d] = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
    Rgb(std::array::from_fn(|i| {
        let [a, b, c, d] = [a[i], b[i], c[i], d[i]].map(f32::from);
        let (upper, lower) = (a + (b - a) * fx, c + (d - c) * fx);
        (upper + (lower - upper) * fy).round() as u8
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::{Char, Confidence, Line, Rect, Word};

    /// A page with a black mark whose upper left corner is at (40, 10).
    fn page() -> RgbImage {
        RgbImage::from_fn(100, 60, |x, y| {
            if (40..50).contains(&x) && (10..14).contains(&y) { [0; 3] } else { [255; 3] }.into()
        })
    }

    fn mark(image: &RgbImage) -> Rect {
        let dark = image.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] < 128);
        let of = |(x, y, _): (u32, u32, &Rgb<u8>)| {
            let (x, y) = (i32::try_from(x).unwrap_or(0), i32::try_from(y).unwrap_or(0));
            Rect { left: x, top: y, right: x + 1, bottom: y + 1 }
        };
        Rect::around(dark.map(of)).unwrap_or_default()
    }

    fn read(image: &RgbImage) -> Option<Page> {
        let quad = mark(image).into();
        let char = Char { text: "a".into(), quad, confidence: Confidence::new(0.9) };
        let block = Block::of(vec![Line::of(vec![Word::of(vec![char])?])?])?;
        Some(Page { width: image.width(), height: image.height(), blocks: vec![block] })
    }

    #[test]
    fn boxes_come_back_from_every_turn() {
        for quarter in [Quarter::None, Quarter::Right, Quarter::Half, Quarter::Left] {
            let (placement, turned) = Placement::of((100, 60)).turn(page(), quarter);
            let back = read(&turned).map(|page| placement.bring_back(page)).unwrap_or_default();
            assert_eq!((back.width, back.height), (100, 60));
            assert_eq!(back.blocks[0].bounds, Rect::from([40, 10, 50, 14]), "{quarter:?}");
            assert_eq!(back.blocks[0].lines[0].words[0].quad.bounds(), Rect::from([40, 10, 50, 14]));
        }
    }

    #[test]
    fn corners_tell_which_way_the_text_read() {
        let (placement, turned) = Placement::of((100, 60)).turn(page(), Quarter::Left);
        let back = read(&turned).map(|page| placement.bring_back(page)).unwrap_or_default();
        // It reads downwards on the page as it came: its upper left corner is on the right.
        assert_eq!(back.blocks[0].lines[0].quad.0[0], Point { x: 50, y: 10 });
    }

    #[test]
    fn a_levelled_page_holds_all_and_its_boxes_come_back() {
        let (placement, turned) = Placement::of((100, 60)).level(&page(), 10.0);
        assert!(turned.width() > 100 && turned.height() > 60);
        let back = read(&turned).map(|page| placement.bring_back(page)).unwrap_or_default();
        let bounds = back.blocks[0].bounds;
        let far = [bounds.left - 40, bounds.top - 10, bounds.right - 50, bounds.bottom - 14].map(i32::abs);
        assert!(far.iter().all(|&far| far <= 2), "{bounds:?}");
    }

    proptest! {
        #[test]
        fn points_stay_on_the_page(x in any::<i32>(), y in any::<i32>(), slope in -20.0_f32..20.0, quarter in 0_usize..4) {
            let quarter = [Quarter::None, Quarter::Right, Quarter::Half, Quarter::Left][quarter];
            let placement = Placement { size: (30, 50), quarter, slope: slope.to_radians() };
            let Point { x, y } = placement.point(Point { x, y });
            prop_assert!((0..=30).contains(&x) && (0..=50).contains(&y));
        }
    }
}
