//! What a file is, by its first bytes; names are not believed.

use image::ImageFormat;

/// How many first bytes it takes to tell: little for all kinds but a PDF with junk before it.
pub(super) const SNIFFED_BYTES: usize = 1 << 16;

/// A kind of file that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// PDF.
    Pdf,
    /// TIFF, of any number of pages.
    Tiff,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
    /// GIF.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// JPEG 2000, in its JP2 file format.
    Jp2,
    /// Portable bitmap, graymap, pixmap or anymap.
    Pnm,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] =
        [Self::Pdf, Self::Tiff, Self::Png, Self::Jpeg, Self::Jp2, Self::WebP, Self::Gif, Self::Bmp, Self::Pnm];

    /// What a file that begins like this is.
    #[must_use]
    pub fn of(first: &[u8]) -> Option<Self> {
        match first {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [0, 0, 0, 0x0c, b'j', b'P', b' ', b' ', b'\r', b'\n', 0x87, b'\n', ..] => Some(Self::Jp2),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            // The four bytes after the length are reserved and zero; that tells bitmaps from texts that begin with BM.
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some(Self::Bmp),
            [b'P', b'1'..=b'7', b' ' | b'\t' | b'\r' | b'\n' | b'#', ..] => Some(Self::Pnm),
            // Readers take a PDF whose header stands anywhere in the first kilobyte (ISO 32000-1, annex H, note 13); some
            // programs put more before it: mail headers, pages of a web server.
            _ => first.windows(5).any(|window| window == b"%PDF-").then_some(Self::Pdf),
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Tiff => "image/tiff",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Jp2 => "image/jp2",
            Self::Pnm => "image/x-portable-anymap",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Tiff => "TIFF",
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Jp2 => "JPEG 2000",
            Self::Pnm => "PNM",
        }
    }

    /// The decoder for kinds that are one image.
    pub(super) const fn image_format(self) -> Option<ImageFormat> {
        match self {
            Self::Pdf | Self::Tiff | Self::Jp2 => None,
            Self::Png => Some(ImageFormat::Png),
            Self::Jpeg => Some(ImageFormat::Jpeg),
            Self::WebP => Some(ImageFormat::WebP),
            Self::Gif => Some(ImageFormat::Gif),
            Self::Bmp => Some(ImageFormat::Bmp),
            Self::Pnm => Some(ImageFormat::Pnm),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(Kind::of(b"\x89PNG\r\n\x1a\n...."), Some(Kind::Png));
        assert_eq!(Kind::of(b"BM\x46\0\0\0\0\0\0\0\x36"), Some(Kind::Bmp));
        assert_eq!(Kind::of(b"BMW makes cars"), None);
        assert_eq!(Kind::of(b"P4\n# fax\n"), Some(Kind::Pnm));
        assert_eq!(Kind::of(b"P4ssword"), None);
        assert_eq!(Kind::of(b"junk before\n%PDF-1.7"), Some(Kind::Pdf));
        assert_eq!(Kind::of(b""), None);
    }
}
