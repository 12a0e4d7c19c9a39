//! Pixels of any kind to 8-bit RGB on white.

use image::{DynamicImage, ImageBuffer, Luma, LumaA, Pixel, Rgb, RgbImage, Rgba};

/// The image in 8-bit RGB; what is transparent shows white.
pub(super) fn on_white(image: DynamicImage) -> RgbImage {
    match image {
        DynamicImage::ImageRgb8(rgb) => rgb,
        DynamicImage::ImageLumaA8(image) => map(&image, |&LumaA([gray, alpha])| [over_white(gray, alpha); 3]),
        DynamicImage::ImageLumaA16(image) => {
            map(&image, |&LumaA([gray, alpha])| [over_white(narrow(gray), narrow(alpha)); 3])
        }
        DynamicImage::ImageRgba8(image) => {
            map(&image, |&Rgba([r, g, b, alpha])| [r, g, b].map(|channel| over_white(channel, alpha)))
        }
        DynamicImage::ImageRgba16(image) => {
            map(&image, |&Rgba([r, g, b, alpha])| [r, g, b].map(|channel| over_white(narrow(channel), narrow(alpha))))
        }
        DynamicImage::ImageLuma8(image) => map(&image, |&Luma([gray])| [gray; 3]),
        DynamicImage::ImageLuma16(image) => map(&image, |&Luma([gray])| [narrow(gray); 3]),
        DynamicImage::ImageRgb16(image) => map(&image, |&Rgb(rgb)| rgb.map(narrow)),
        other => other.into_rgb8(),
    }
}

/// A colour channel seen through `alpha` on white.
#[allow(clippy::cast_possible_truncation)] // A mean of two channels is no more than either.
pub(super) const fn over_white(channel: u8, alpha: u8) -> u8 {
    let (channel, alpha) = (channel as u32, alpha as u32);
    ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

/// 16 bits to 8: 65535 becomes 255.
#[allow(clippy::cast_possible_truncation)] // 65535 / 257 is 255.
pub(super) const fn narrow(wide: u16) -> u8 {
    ((wide as u32 + 128) / 257) as u8
}

/// Ink to light, without a colour profile: 0 is no ink.
pub(super) const fn cmyk_to_rgb([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    #[allow(clippy::cast_possible_truncation)] // 255 * 255 / 255.
    const fn light(ink: u8, black: u8) -> u8 {
        ((255 - ink as u32) * (255 - black as u32) / 255) as u8
    }
    [light(c, k), light(m, k), light(y, k)]
}

/// ITU-R BT.601 in full range, as JPEG has it (JFIF 1.02).
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The clamp bounds it.
pub(super) fn ycbcr_to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|v| v.round().clamp(0.0, 255.0) as u8)
}

fn map<P: Pixel>(image: &ImageBuffer<P, Vec<P::Subpixel>>, colour: impl Fn(&P) -> [u8; 3]) -> RgbImage {
    let mut rgb = RgbImage::new(image.width(), image.height());
    for (to, from) in rgb.pixels_mut().zip(image.pixels()) {
        to.0 = colour(from);
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_shows_white() {
        assert_eq!([over_white(0, 0), over_white(0, 255), over_white(77, 255), over_white(0, 128)], [255, 0, 77, 127]);
        let image = DynamicImage::ImageRgba8(ImageBuffer::from_pixel(1, 1, Rgba([9, 9, 9, 0])));
        assert_eq!(on_white(image).into_raw(), [255; 3]);
        let image = DynamicImage::ImageLumaA16(ImageBuffer::from_pixel(1, 1, LumaA([0, 65535])));
        assert_eq!(on_white(image).into_raw(), [0; 3]);
    }

    #[test]
    fn channels_narrow_to_their_full_range() {
        assert_eq!([narrow(0), narrow(0x8080), narrow(65535)], [0, 0x80, 255]);
        let image = DynamicImage::ImageLuma16(ImageBuffer::from_pixel(1, 1, Luma([65535])));
        assert_eq!(on_white(image).into_raw(), [255; 3]);
    }

    #[test]
    fn inks_become_their_colours() {
        assert_eq!(cmyk_to_rgb([0, 0, 0, 0]), [255; 3]);
        assert_eq!(cmyk_to_rgb([0, 0, 0, 255]), [0; 3]);
        assert_eq!(cmyk_to_rgb([255, 0, 0, 0]), [0, 255, 255]);
        assert_eq!(ycbcr_to_rgb([76, 85, 255]), [254, 0, 0]);
    }
}
