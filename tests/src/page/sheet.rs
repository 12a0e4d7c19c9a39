//! A sheet of paper that text is set on: words to lines, lines down a column, and a record of what was set.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use anyhow::{Result, ensure};
use image::{GrayImage, Luma};

use super::{Face, Page};

const MM_PER_INCH: f32 = 25.4;
const POINTS_PER_INCH: f32 = 72.0;

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The typeface.
    pub face: Face,
    /// The size of the em, in points.
    pub points: f32,
    /// From baseline to baseline, as a multiple of the size.
    pub leading: f32,
    /// Whether lines but the last of a paragraph fill the column.
    pub justified: bool,
}

impl Style {
    /// Ragged text with room between its lines.
    #[must_use]
    pub fn new(face: Face, points: f32) -> Self {
        Self { face, points, leading: 1.35, justified: false }
    }

    /// The same with both edges straight.
    #[must_use]
    pub fn justified(self) -> Self {
        Self { justified: true, ..self }
    }
}

/// Where text goes, in millimetres; `top` moves down as text is set.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// From the sheet's left edge.
    pub left: f32,
    /// Of the lines.
    pub width: f32,
    /// From the sheet's upper edge to the next line.
    pub top: f32,
}

/// A sheet being set.
#[derive(Debug)]
pub struct Sheet {
    image: GrayImage,
    dpi: f32,
    lines: Vec<String>,
}

impl Sheet {
    /// A white sheet of a size in millimetres.
    #[must_use]
    pub fn new(width: f32, height: f32, dpi: f32) -> Self {
        let pixels = |mm: f32| to_u32(mm * dpi / MM_PER_INCH);
        Self { image: GrayImage::from_pixel(pixels(width), pixels(height), Luma([255])), dpi, lines: Vec::new() }
    }

    /// A white sheet of A4.
    #[must_use]
    pub fn a4(dpi: f32) -> Self {
        Self::new(210.0, 297.0, dpi)
    }

    /// Sets a paragraph and moves the column below it.
    ///
    /// # Errors
    /// When the paragraph does not fit on the sheet, or the font lacks one of its letters.
    pub fn paragraph(&mut self, column: &mut Column, style: Style, text: &str) -> Result<()> {
        let font = style.face.font()?;
        let width = self.pixels(column.width);
        let lines = break_lines(&font, self.scale(&font, style), width, text)?;
        for (number, words) in lines.iter().enumerate() {
            let stretch = style.justified && number + 1 < lines.len();
            self.line(*column, style, words, stretch)?;
            column.top += style.points * style.leading * MM_PER_INCH / POINTS_PER_INCH;
            self.lines.push(words.join(" "));
        }
        Ok(())
    }

    /// Sets a row of short texts, each at its own distance from the column's left edge, and moves the column below it.
    ///
    /// # Errors
    /// As [`Sheet::paragraph`].
    pub fn row(&mut self, column: &mut Column, style: Style, cells: &[(f32, &str)]) -> Result<()> {
        for (offset, text) in cells {
            let cell = Column { left: column.left + offset, ..*column };
            self.line(cell, style, &text.split_whitespace().collect::<Vec<_>>(), false)?;
        }
        column.top += style.points * style.leading * MM_PER_INCH / POINTS_PER_INCH;
        self.lines.push(cells.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(" "));
        Ok(())
    }

    /// Draws a rule as wide as the column, of a thickness in millimetres, and moves the column below it.
    pub fn rule(&mut self, column: &mut Column, thickness: f32) {
        let (left, right) = (self.pixels(column.left), self.pixels(column.left + column.width));
        let (top, bottom) = (self.pixels(column.top), self.pixels(column.top + thickness));
        for y in to_u32(top)..to_u32(bottom).max(to_u32(top) + 1) {
            for x in to_u32(left)..to_u32(right) {
                self.darken(x, y, 1.0);
            }
        }
        column.top += thickness;
    }

    /// The finished page and the text on it, in the order in which it was set.
    #[must_use]
    pub fn finish(self) -> Page {
        Page { image: self.image, text: self.lines.join("\n") }
    }

    fn line(&mut self, column: Column, style: Style, words: &[&str], stretch: bool) -> Result<()> {
        let font = style.face.font()?;
        let scale = self.scale(&font, style);
        let mut space = advance(&font, scale, " ");
        if stretch && words.len() > 1 {
            let free = self.pixels(column.width) - words.iter().map(|word| advance(&font, scale, word)).sum::<f32>();
            space = free / gaps(words);
        }
        let baseline = self.pixels(column.top) + font.as_scaled(scale).ascent();
        ensure!(to_u32(baseline) < self.image.height(), "the sheet is full before `{}`", words.join(" "));
        let mut x = self.pixels(column.left);
        for word in words {
            self.word(&font, scale, x, baseline, word);
            x += advance(&font, scale, word) + space;
        }
        Ok(())
    }

    fn word(&mut self, font: &FontRef<'_>, scale: PxScale, mut x: f32, baseline: f32, word: &str) {
        let scaled = font.as_scaled(scale);
        let mut last = None;
        for letter in word.chars() {
            let id = font.glyph_id(letter);
            x += last.map_or(0.0, |last| scaled.kern(last, id));
            if let Some(outline) = font.outline_glyph(id.with_scale_and_position(scale, point(x, baseline))) {
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, cover| self.darken(to_u32(corner.x) + dx, to_u32(corner.y) + dy, cover));
            }
            x += scaled.h_advance(id);
            last = Some(id);
        }
    }

    fn darken(&mut self, x: u32, y: u32, cover: f32) {
        if let Some(Luma([value])) = self.image.get_pixel_mut_checked(x, y) {
            *value = to_u8(f32::from(*value) * (1.0 - cover.clamp(0.0, 1.0)));
        }
    }

    fn pixels(&self, mm: f32) -> f32 {
        mm * self.dpi / MM_PER_INCH
    }

    /// The scale at which the font's em has the size of the style.
    fn scale(&self, font: &FontRef<'_>, style: Style) -> PxScale {
        let em = style.points * self.dpi / POINTS_PER_INCH;
        PxScale::from(em * font.height_unscaled() / font.units_per_em().unwrap_or(1000.0))
    }
}

fn break_lines<'t>(font: &FontRef<'_>, scale: PxScale, width: f32, text: &'t str) -> Result<Vec<Vec<&'t str>>> {
    let mut lines: Vec<Vec<&str>> = Vec::new();
    let mut used = f32::INFINITY;
    for word in text.split_whitespace() {
        let missing = word.chars().find(|&letter| font.glyph_id(letter).0 == 0);
        ensure!(missing.is_none(), "the font has no `{}`, which `{word}` needs", missing.unwrap_or_default());
        let wide = advance(font, scale, word);
        used += advance(font, scale, " ") + wide;
        match lines.last_mut() {
            Some(line) if used <= width => line.push(word),
            _ => {
                used = wide;
                lines.push(vec![word]);
            }
        }
    }
    Ok(lines)
}

fn advance(font: &FontRef<'_>, scale: PxScale, text: &str) -> f32 {
    let scaled = font.as_scaled(scale);
    let ids: Vec<_> = text.chars().map(|letter| font.glyph_id(letter)).collect();
    let kerning: f32 = ids.windows(2).map(|pair| scaled.kern(pair[0], pair[1])).sum();
    kerning + ids.iter().map(|&id| scaled.h_advance(id)).sum::<f32>()
}

#[allow(clippy::cast_precision_loss, reason = "a line has few words")]
fn gaps(words: &[&str]) -> f32 {
    (words.len() - 1) as f32
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts from float saturate, which is meant")]
fn to_u32(value: f32) -> u32 {
    value.round() as u32
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts from float saturate, which is meant")]
fn to_u8(value: f32) -> u8 {
    value.round() as u8
}
