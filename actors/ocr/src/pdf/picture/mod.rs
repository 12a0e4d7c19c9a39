//! An image as PDF holds it: as it was compressed where PDF knows that, or else compressed anew (`encode`), never to
//! more than a little over what it was.

mod encode;
mod jp2;
mod jpeg;
mod png;

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

use image::metadata::Orientation;
use image::{ImageDecoder, ImageFormat, ImageReader, RgbImage};

use super::objects::ObjectWriter;
use crate::input::{Document, Kind};

/// The part of an image's bytes that its colour profile may add to it; a larger one is left out.
const PROFILE_SHARE: u64 = 20;

/// An image, ready for its stream.
#[derive(Debug)]
pub(super) struct Picture {
    /// Width and height as it is stored.
    pub(super) size: (u32, u32),
    /// What its samples, or the colours of its palette, are.
    pub(super) colours: Colours,
    /// Red, green and blue of each index, if its samples are indices.
    pub(super) palette: Option<Vec<u8>>,
    /// The ICC profile of its colours.
    pub(super) profile: Option<Vec<u8>>,
    /// Bits of a sample.
    pub(super) bits: u8,
    /// The entries of its dictionary that say how it is decoded.
    pub(super) filter: String,
    pub(super) data: Data,
    /// How it is turned to stand upright.
    pub(super) orientation: Orientation,
}

/// The colour spaces of devices (ISO 32000-1, 8.6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    Gray,
    Rgb,
    Cmyk,
}

/// Where the bytes of a stream are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// Here.
    Bytes(Vec<u8>),
    /// In the original: places and lengths.
    Parts(Vec<(u64, u64)>),
}

impl Colours {
    pub(super) const fn channels(self) -> u8 {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }

    pub(super) const fn device_name(self) -> &'static str {
        match self {
            Self::Gray => "/DeviceGray",
            Self::Rgb => "/DeviceRGB",
            Self::Cmyk => "/DeviceCMYK",
        }
    }

    /// How a profile's header names it (ICC.1:2010, 7.2.6).
    const fn profile_name(self) -> &'static [u8; 4] {
        match self {
            Self::Gray => b"GRAY",
            Self::Rgb => b"RGB ",
            Self::Cmyk => b"CMYK",
        }
    }
}

impl Picture {
    /// The page with this number of an original that is an image. An archival one has no inks.
    pub(super) fn of(images: &mut Document, path: &Path, number: u32, archival: bool) -> io::Result<Self> {
        let kept = match images.kind() {
            Kind::Jpeg => jpeg::read(&mut BufReader::new(File::open(path)?))?,
            Kind::Png => png::read(&mut BufReader::new(File::open(path)?))?,
            Kind::Jp2 if !archival => jp2::read(path)?,
            _ => None,
        };
        if let Some(picture) = kept.filter(|picture| !(archival && picture.colours == Colours::Cmyk)) {
            let has_metadata = matches!(images.kind(), Kind::Jpeg | Kind::Png);
            return Ok(if has_metadata { picture.with_metadata(path, images.kind()) } else { picture });
        }
        let page = images.page(number, None).map_err(io::Error::other)?;
        let source = images.page_source(number);
        Self::encoded(&page.rgb, source.bytes, source.is_lossy)
    }

    /// Pixels, compressed to about `bytes` at most: without loss if that is enough, unless their source had loss.
    pub(super) fn encoded(rgb: &RgbImage, bytes: u64, is_lossy: bool) -> io::Result<Self> {
        encode::encode(rgb, bytes, is_lossy)
    }

    /// Writes it as an image object (ISO 32000-1, 8.9.5), with what is kept of the original from there.
    pub(super) fn write<W: Write>(
        &self,
        id: u32,
        objects: &mut ObjectWriter<W>,
        original: Option<&Path>,
    ) -> io::Result<()> {
        let colours = match &self.profile {
            Some(profile) => {
                let profile_id = objects.reserve();
                objects.compressed(profile_id, format!("/N {}", self.colours.channels()), profile)?;
                format!("[/ICCBased {profile_id} 0 R]")
            }
            None => self.colours.device_name().to_owned(),
        };
        let colours = match &self.palette {
            Some(palette) => {
                format!("[/Indexed {colours} {} <{}>]", (palette.len() / 3).saturating_sub(1), hex::encode(palette))
            }
            None => colours,
        };
        let ((width, height), bits) = (self.size, self.bits);
        let entries = format!(
            "/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace {colours}/BitsPerComponent {bits}{}",
            self.filter
        );
        match (&self.data, original) {
            (Data::Bytes(bytes), _) => objects.stream(id, &entries, bytes),
            (Data::Parts(parts), Some(path)) => objects.stream_of_parts(id, &entries, &mut File::open(path)?, parts),
            (Data::Parts(_), None) => Err(io::Error::other("an image is nowhere")),
        }
    }

    /// With what its decoder knows of its orientation and colours.
    fn with_metadata(mut self, path: &Path, kind: Kind) -> Self {
        let format = if kind == Kind::Jpeg { ImageFormat::Jpeg } else { ImageFormat::Png };
        let Ok(file) = File::open(path) else { return self };
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        let Ok(mut decoder) = ImageReader::with_format(BufReader::new(file), format).into_decoder() else {
            return self;
        };
        self.orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let colours = self.colours;
        let fits = |profile: &Vec<u8>| {
            profile.len() as u64 <= bytes / PROFILE_SHARE && profile.get(16..20) == Some(colours.profile_name())
        };
        self.profile = decoder.icc_profile().ok().flatten().filter(fits);
        self
    }
}
