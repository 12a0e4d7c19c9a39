//! Scaling of RGB images.
//!
//! The library's general entry point would be compiled here for every pixel type that it knows, which made up most of this
//! crate's build: this one is for RGB only.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ImageBufferError, ResizeAlg, ResizeError, ResizeOptions, Resizer};

/// Why an image could not be scaled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScaleError {
    /// The bytes are not those of an image of that size.
    #[error(transparent)]
    Buffer(#[from] ImageBufferError),
    /// The part lies outside the image.
    #[error(transparent)]
    Resize(#[from] ResizeError),
}

/// Scales the RGB image `rgb` of `size` (width, height), or the `part` of it (left, top, width, height), to the size `to`,
/// bilinearly with as wide a filter as the reduction needs.
pub(crate) fn resize(
    rgb: &[u8],
    size: (u32, u32),
    part: Option<[f64; 4]>,
    to: (u32, u32),
) -> Result<Vec<u8>, ScaleError> {
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    if let Some([left, top, width, height]) = part {
        options = options.crop(left, top, width, height);
    }
    let from = TypedImageRef::<U8x3>::from_buffer(size.0, size.1, rgb)?;
    let mut scaled = vec![0; 3 * to.0 as usize * to.1 as usize];
    let mut onto = TypedImage::<U8x3>::from_buffer(to.0, to.1, &mut scaled)?;
    Resizer::new().resize_typed(&from, &mut onto, &options)?;
    drop(onto);
    Ok(scaled)
}
