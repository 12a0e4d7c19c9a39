//! JPEG 2000: kept byte for byte where the `JPXDecode` filter knows its kind (ISO 32000-1, 7.4.9).

use std::io;
use std::path::Path;

use hayro_jpeg2000::{ColorSpace, DecodeSettings, Image};
use image::metadata::Orientation;

use super::{Colours, Data, Picture};

/// The picture that the file is, if it can be kept: gray or RGB, without transparency.
pub(super) fn read(path: &Path) -> io::Result<Option<Picture>> {
    let file = std::fs::read(path)?;
    let Ok(image) = Image::new(&file, &DecodeSettings::default()) else { return Ok(None) };
    let colours = match image.color_space() {
        ColorSpace::Gray => Colours::Gray,
        ColorSpace::RGB => Colours::Rgb,
        _ => return Ok(None),
    };
    Ok((!image.has_alpha()).then(|| Picture {
        size: (image.width(), image.height()),
        colours,
        palette: None,
        profile: None,
        bits: 8,
        filter: "/Filter/JPXDecode".to_owned(),
        data: Data::Parts(vec![(0, file.len() as u64)]),
        orientation: Orientation::NoTransforms,
    }))
}
