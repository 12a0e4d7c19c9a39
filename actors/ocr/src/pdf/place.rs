//! Where the pixels of a page image are on the page.

use hayro::hayro_interpret::TransformExt;
use hayro::hayro_syntax::page::Page;
use hayro::vello_cpu::kurbo::{Affine, Point};

/// From the pixels of the upright page image, y down, to the user space of the page, y up (ISO 32000-1, 8.3.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement(Affine);

impl Placement {
    /// On a page of a PDF that is rendered with so many pixels: by its crop box and its rotation.
    pub(super) fn on_page(page: &Page<'_>, (width, height): (u32, u32)) -> Self {
        let (page_width, page_height) = page.render_dimensions();
        let scale = Affine::scale_non_uniform(
            f64::from(page_width) / f64::from(width.max(1)),
            f64::from(page_height) / f64::from(height.max(1)),
        );
        Self(page.initial_transform(true).to_kurbo().inverse() * scale)
    }

    /// On a page from 0 to a height in points, of an image whose pixels are so many points large.
    pub(super) fn on_image(height: f64, points_per_pixel: f64) -> Self {
        Self(Affine::new([points_per_pixel, 0.0, 0.0, -points_per_pixel, 0.0, height]))
    }

    /// The matrix that draws an image of so many pixels, which are all of the page.
    pub(super) fn image(&self, (width, height): (u32, u32)) -> [f64; 6] {
        let (width, height) = (f64::from(width), f64::from(height));
        let matrix = self.0 * Affine::new([width, 0.0, 0.0, -height, 0.0, height]);
        matrix.as_coeffs().map(|value| (value * 1e4).round() / 1e4)
    }

    /// A corner between pixels.
    pub(super) fn point(&self, pixel: crate::page::Point) -> Point {
        self.0 * Point::new(f64::from(pixel.x), f64::from(pixel.y))
    }
}
