//! The glyphs and images that a page draws, and where: what the interpreter tells a device.

use hayro::hayro_interpret::font::{Glyph as FontGlyph, GlyphRun};
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape, Vec2};
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, TransformExt, interpret_page,
};
use hayro::hayro_syntax::page::Page;

/// Units of the em square of glyphs.
const UNITS_PER_EM: f64 = 1000.0;
/// How wide a glyph of a font without widths is taken to be.
const USUAL_ADVANCE: f32 = 500.0;

/// An image that covers this part of the page is a scan of it.
const SCAN: f64 = 0.5;

/// A glyph on the page, in pixels, y down.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Glyph {
    /// What it means; none if the file does not tell.
    pub(super) text: Option<String>,
    /// On the baseline: where it begins.
    pub(super) origin: Point,
    /// On the baseline: where the next one begins.
    pub(super) end: Point,
    /// From the baseline up, as long as the em is high.
    pub(super) up: Vec2,
    /// Whether it is there to be searched only.
    pub(super) invisible: bool,
}

/// What a page draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Drawn {
    pub(super) glyphs: Vec<Glyph>,
    /// What holds each image, within the page.
    pub(super) images: Vec<Rect>,
    /// The pixels that an image has for each pixel of the page, of the image that covers most of it.
    pub(super) density: Option<f64>,
}

impl Drawn {
    /// What this page draws if it is rendered at that scale.
    pub(super) fn of(page: &Page<'_>, scale: f64) -> Self {
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width) * scale, f64::from(height) * scale);
        let transform = Affine::scale(scale) * page.initial_transform(true).to_kurbo();
        let cache = InterpreterCache::new();
        let mut context = Context::new(transform, bounds, &cache, page.xref(), InterpreterSettings::default());
        let mut collector = Collector { bounds, drawn: Self::default() };
        interpret_page(page, &mut context, &mut collector);
        collector.drawn
    }
}

struct Collector {
    bounds: Rect,
    drawn: Drawn,
}

impl<'a> Device<'a> for Collector {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        for glyph in run.glyphs() {
            let transform = props.transform * glyph.transform();
            let (text, advance) = match &**glyph {
                FontGlyph::Outline(outline) => (outline.as_unicode(), outline.advance_width()),
                FontGlyph::Type3(drawing) => (drawing.as_unicode(), drawing.advance_width()),
            };
            let advance = f64::from(advance.unwrap_or(USUAL_ADVANCE));
            let origin = transform * Point::ORIGIN;
            let glyph = Glyph {
                text: text.map(|text| match text {
                    BfString::Char(char) => char.into(),
                    BfString::String(text) => text,
                }),
                origin,
                end: transform * Point::new(advance, 0.0),
                up: transform * Point::new(0.0, UNITS_PER_EM) - origin,
                invisible: matches!(mode, DrawMode::Invisible),
            };
            let on_page = self.bounds.contains(origin) && glyph.end.is_finite() && glyph.up.is_finite();
            // Text that is filled and stroked comes twice.
            if on_page && self.drawn.glyphs.last() != Some(&glyph) {
                self.drawn.glyphs.push(glyph);
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let corners = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        let place = (props.transform * corners.to_path(0.1)).bounding_box().intersect(self.bounds);
        if place.area() > 0.0 {
            let largest = self.drawn.images.iter().all(|other| other.area() < place.area());
            let covers = place.area() >= SCAN * self.bounds.area();
            if largest && covers {
                self.drawn.density = Some(props.transform.determinant().abs().sqrt().recip());
            }
            self.drawn.images.push(place);
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
