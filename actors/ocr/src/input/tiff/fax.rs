//! Fax pages in TIFF: CCITT modified Huffman, Group 3 and Group 4 (ITU-T T.4 and T.6; TIFF 6.0, sections 10 and 11).

use std::io::{Read, Seek, SeekFrom};

use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use image::{Rgb, RgbImage};
use tiff::TiffError;
use tiff::decoder::Decoder;
use tiff::tags::Tag;

use super::patch::{Input, Patched};

/// Options for Group 3 (`T4Options`, tag 292): bit 0 is two-dimensional coding.
const T4_OPTIONS: Tag = Tag::Unknown(292);

/// A page in one of the fax compressions.
pub(super) struct Fax {
    width: u32,
    height: u32,
    rows_per_strip: u32,
    strips: Vec<(u64, u64)>,
    encoding: EncodingMode,
    rows_are_byte_aligned: bool,
    /// Whether the bits of a byte run from the lowest to the highest.
    reversed: bool,
    /// Whether what the compression calls black shows white.
    inverted: bool,
}

impl Fax {
    /// The image that the decoder stands at, if it is one in strips of a fax compression.
    pub(super) fn of(decoder: &mut Decoder<Patched<Input>>) -> Result<Option<Self>, TiffError> {
        let short = |decoder: &mut Decoder<_>, tag, otherwise: u32| -> Result<u32, TiffError> {
            Ok(decoder.find_tag_unsigned::<u32>(tag)?.unwrap_or(otherwise))
        };
        let compression = short(decoder, Tag::Compression, 1)?;
        let encoding = match (compression, short(decoder, T4_OPTIONS, 0)? & 1) {
            (2, _) | (3, 0) => EncodingMode::Group3_1D,
            (3, _) => EncodingMode::Group3_2D,
            (4, _) => EncodingMode::Group4,
            _ => return Ok(None),
        };
        let Some(offsets) = decoder.find_tag_unsigned_vec::<u64>(Tag::StripOffsets)? else { return Ok(None) };
        let lengths = decoder.find_tag_unsigned_vec::<u64>(Tag::StripByteCounts)?.unwrap_or_default();
        let (width, height) = decoder.dimensions()?;
        Ok(Some(Self {
            width,
            height,
            rows_per_strip: short(decoder, Tag::RowsPerStrip, height)?.clamp(1, height.max(1)),
            strips: offsets.into_iter().zip(lengths).collect(),
            encoding,
            rows_are_byte_aligned: compression == 2,
            reversed: short(decoder, Tag::FillOrder, 1)? == 2,
            inverted: short(decoder, Tag::PhotometricInterpretation, 0)? == 1,
        }))
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Decodes it. Rows lost to noise on the line stay white, unless most of the page is.
    pub(super) fn decode(&self, decoder: &mut Decoder<Patched<Input>>) -> Result<RgbImage, String> {
        let mut page = Page { image: RgbImage::from_pixel(self.width, self.height, Rgb([255; 3])), row: 0, rows: 0 };
        for (index, (offset, length)) in (0_u32..).zip(&self.strips) {
            page.row = index.saturating_mul(self.rows_per_strip);
            let rows = self.rows_per_strip.min(self.height.saturating_sub(page.row));
            if rows == 0 {
                break;
            }
            let data = self.strip(decoder.inner(), *offset, *length).map_err(|error| error.to_string())?;
            // What it has decoded before an error is on the page.
            let _ = hayro_ccitt::decode(&data, &mut page, &mut DecoderContext::new(self.settings(rows)));
        }
        if page.rows < self.height / 2 + 1 {
            return Err(format!("{} of {} rows can be read", page.rows, self.height));
        }
        if self.inverted {
            for channel in page.image.iter_mut() {
                *channel = !*channel;
            }
        }
        Ok(page.image)
    }

    /// The data of a strip. A strip that reaches over the end of the file is an error.
    fn strip(&self, file: &mut Patched<Input>, offset: u64, length: u64) -> std::io::Result<Vec<u8>> {
        file.seek(SeekFrom::Start(offset))?;
        let mut data = Vec::new();
        if file.by_ref().take(length).read_to_end(&mut data)? as u64 != length {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "it ends too early"));
        }
        if self.reversed {
            for byte in &mut data {
                *byte = byte.reverse_bits();
            }
        }
        Ok(data)
    }

    const fn settings(&self, rows: u32) -> DecodeSettings {
        DecodeSettings {
            columns: self.width,
            rows,
            end_of_block: !self.rows_are_byte_aligned,
            end_of_line: false,
            rows_are_byte_aligned: self.rows_are_byte_aligned,
            encoding: self.encoding,
            strict: false,
        }
    }
}

/// The page while its rows come in.
struct Page {
    image: RgbImage,
    /// The next row.
    row: u32,
    /// How many have come.
    rows: u32,
}

impl hayro_ccitt::Decoder for Page {
    fn push_row(&mut self, changes: &[u32]) {
        let width = self.image.width();
        if self.row >= self.image.height() {
            return;
        }
        for run in changes.chunks(2) {
            let end = run.get(1).copied().unwrap_or(width).min(width);
            for x in run[0]..end {
                self.image.put_pixel(x, self.row, Rgb([0; 3]));
            }
        }
        self.row += 1;
        self.rows += 1;
    }
}
