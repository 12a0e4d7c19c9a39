//! TIFF: the pages of a file, of most kinds that scanners, cameras and fax machines make.
//!
//! The `tiff` crate reads directories and most images. Fax compressions go by way of `hayro-ccitt`, which knows all of
//! them and either order of bits ([`fax`]); palettes are read as gray indices and looked up here ([`patch`]).

mod directory;
mod fax;
mod patch;
mod samples;

use d2d_api::ProblemCode;
use d2d_worker::Refusal;
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use tiff::TiffError;
use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use self::patch::{Input, Patched};
use self::samples::{Alpha, Samples};
use super::source::Source;
use super::{PageImage, density};

/// The longest value of a tag, in bytes: the offsets of a million strips.
const LONGEST_VALUE: usize = 8 << 20;

/// JPEG of either version (TIFF 6.0, section 22; TIFF technical note 2).
const JPEG_COMPRESSIONS: [u64; 2] = [6, 7];

/// A TIFF file.
pub(super) struct TiffFile {
    decoder: Decoder<Patched<Input>>,
    /// Where its pages stand in the chain of directories.
    pages: Vec<directory::PageEntry>,
}

impl TiffFile {
    pub(super) fn open(source: &Source) -> Result<Self, Refusal> {
        let mut decoder = Decoder::new(Patched::new(source.reader()?)).map_err(|error| refusal(source, &error))?;
        let most = usize::try_from(source.limits.decoded_bytes).unwrap_or(usize::MAX);
        let mut limits = Limits::default();
        limits.decoding_buffer_size = most;
        limits.intermediate_buffer_size = most;
        limits.ifd_value_size = LONGEST_VALUE;
        decoder = decoder.with_limits(limits);
        let pages = directory::pages(&mut decoder, source.limits.pages).map_err(|error| refusal(source, &error))?;
        Ok(Self { decoder, pages })
    }

    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Decodes a page, from 0: upright, on white, with square pixels.
    pub(super) fn decode(&mut self, source: &Source, index: usize) -> Result<PageImage, Refusal> {
        let page = self.pages.get(index).ok_or_else(|| source.damaged("a page is missing"))?;
        let refused = |error: TiffError| refusal(source, &error);
        self.decoder.seek_to_image(page.index).map_err(refused)?;
        let palette = page.palette.then(|| self.decoder.get_tag_u16_vec(Tag::ColorMap)).transpose().map_err(refused)?;
        let rgb = match fax::Fax::of(&mut self.decoder).map_err(refused)? {
            Some(fax) => {
                source.check_size(fax.size(), 0)?;
                fax.decode(&mut self.decoder).map_err(|error| source.damaged(error))?
            }
            None => self.read(source, palette)?,
        };
        let orientation = self.decoder.find_tag_unsigned::<u8>(Tag::Orientation).ok().flatten();
        let mut upright = DynamicImage::ImageRgb8(rgb);
        upright.apply_orientation(orientation.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms));
        let [x, y] = [Tag::XResolution, Tag::YResolution].map(|tag| self.dots_per_inch(tag));
        Ok(PageImage { rgb: upright.into_rgb8(), dpi: x.or(y) })
    }

    /// The bytes that a page takes, from 0, and whether they are JPEG.
    pub(super) fn stored(&mut self, index: usize) -> (u64, bool) {
        let known = self.pages.get(index).is_some_and(|page| self.decoder.seek_to_image(page.index).is_ok());
        if !known {
            return (0, false);
        }
        let mut numbers = |tag| self.decoder.find_tag_unsigned_vec::<u64>(tag).ok().flatten().unwrap_or_default();
        let parts = [Tag::StripByteCounts, Tag::TileByteCounts].map(|tag| numbers(tag).iter().sum::<u64>());
        let is_jpeg = numbers(Tag::Compression).first().is_some_and(|kind| JPEG_COMPRESSIONS.contains(kind));
        (parts[0].saturating_add(parts[1]), is_jpeg)
    }

    fn read(&mut self, source: &Source, palette: Option<Vec<u16>>) -> Result<RgbImage, Refusal> {
        let refused = |error: TiffError| refusal(source, &error);
        let size = self.decoder.dimensions().map_err(refused)?;
        let layout = self.decoder.image_buffer_layout().map_err(refused)?;
        source.check_size(size, layout.complete_len as u64)?;
        let colour = self.decoder.colortype().map_err(refused)?;
        let extra = self.decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten().unwrap_or_default();
        let mut buffer = DecodingResult::U8(Vec::new());
        let layout = self.decoder.read_image_to_buffer(&mut buffer).map_err(refused)?;
        let read = Samples { buffer, layout, colour, palette, alpha: Alpha::of(extra.first().copied()) };
        read.into_rgb(size).map_err(|reason| source.unsupported(reason))
    }

    fn dots_per_inch(&mut self, tag: Tag) -> Option<f32> {
        let per_unit = match self.decoder.find_tag(tag).ok()?? {
            #[allow(clippy::cast_precision_loss)] // A resolution has few digits.
            Value::Rational(n, d) if d > 0 => n as f32 / d as f32,
            value => value.into_f32().ok()?,
        };
        let unit = self.decoder.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok().flatten().unwrap_or(2);
        match unit {
            2 => density::believed(per_unit),
            3 => density::believed(per_unit * 2.54),
            _ => None,
        }
    }
}

fn refusal(source: &Source, error: &TiffError) -> Refusal {
    match error {
        TiffError::UnsupportedError(what) => source.unsupported(what),
        TiffError::LimitsExceeded | TiffError::IntSizeError => {
            source.refuse(ProblemCode::InputTooManyPixels, "takes too much memory to decode; make it smaller")
        }
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            source.damaged("it ends too early")
        }
        error => source.damaged(error),
    }
}
