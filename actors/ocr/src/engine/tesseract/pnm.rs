//! Images as PNM, the plainest format that tesseract reads: a line of text, then the pixels.

use std::borrow::Cow;
use std::io::{self, Write};

use image::RgbImage;

/// An image as PNM: grey if it has no colour, which is a third of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pnm<'a> {
    header: String,
    pixels: Cow<'a, [u8]>,
}

impl<'a> Pnm<'a> {
    pub(super) fn of(image: &'a RgbImage) -> Self {
        let (width, height) = image.dimensions();
        let (magic, pixels): (_, Cow<'a, [u8]>) = if is_grey(image) {
            ("P5", image.as_raw().iter().copied().step_by(3).collect())
        } else {
            ("P6", image.as_raw().into())
        };
        Self { header: format!("{magic}\n{width} {height}\n255\n"), pixels }
    }

    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(self.header.as_bytes())?;
        to.write_all(&self.pixels)?;
        to.flush()
    }
}

fn is_grey(image: &RgbImage) -> bool {
    image.as_raw().chunks_exact(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2])
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn grey_images_are_written_as_such_and_all_read_back() -> Result<(), Box<dyn std::error::Error>> {
        let grey = RgbImage::from_fn(3, 2, |x, y| Rgb([u8::try_from(10 * x + y).unwrap_or_default(); 3]));
        let mut coloured = grey.clone();
        coloured.put_pixel(2, 1, Rgb([1, 2, 3]));
        for (image, magic) in [(&grey, b"P5"), (&coloured, b"P6")] {
            let mut bytes = Vec::new();
            Pnm::of(image).write(&mut bytes)?;
            assert!(bytes.starts_with(magic));
            assert_eq!(&image::load_from_memory(&bytes)?.to_rgb8(), image);
        }
        Ok(())
    }
}
