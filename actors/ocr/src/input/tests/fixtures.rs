//! Small files written byte by byte.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageResult, Rgb, RgbImage};

/// Four pixels: red and green over blue and white.
pub(super) fn four() -> RgbImage {
    RgbImage::from_fn(2, 2, |x, y| {
        Rgb(match (x, y) {
            (0, 0) => [255, 0, 0],
            (1, 0) => [0, 255, 0],
            (0, _) => [0, 0, 255],
            _ => [255, 255, 255],
        })
    })
}

/// The image as a file.
pub(crate) fn encoded(image: &DynamicImage, format: ImageFormat) -> ImageResult<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format)?;
    Ok(bytes.into_inner())
}

/// A value of a TIFF entry.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Rational(u32, u32),
}

/// An entry: tag and value.
pub(super) type Entry = (u16, Value);

pub(super) fn short(tag: u16, value: u16) -> Entry {
    (tag, Value::Short(vec![value]))
}

/// The entries of an image of one strip but its place: size, bits of a sample, compression, photometric interpretation.
pub(super) fn strip(size: (u16, u16), bits: &[u16], compression: u16, photometric: u16) -> Vec<Entry> {
    vec![
        short(256, size.0),
        short(257, size.1),
        (258, Value::Short(bits.to_vec())),
        short(259, compression),
        short(262, photometric),
        short(277, u16::try_from(bits.len()).unwrap_or(u16::MAX)),
        short(278, size.1),
    ]
}

/// A little-endian TIFF of these pages: their entries, and the data of their one strip.
pub(super) fn tiff(pages: &[(Vec<Entry>, &[u8])]) -> Vec<u8> {
    let pages: Vec<_> = pages.iter().map(|(entries, data)| (entries.clone(), vec![*data])).collect();
    tiff_in_strips(&pages)
}

/// The same with any number of strips.
pub(super) fn tiff_in_strips(pages: &[(Vec<Entry>, Vec<&[u8]>)]) -> Vec<u8> {
    let mut file = b"II\x2a\0".to_vec();
    let mut link = file.len();
    file.extend([0; 4]);
    for (entries, strips) in pages {
        let (mut places, mut lengths) = (Vec::new(), Vec::new());
        for strip in strips {
            places.push(end_of(&file));
            lengths.push(end_of(strip));
            file.extend_from_slice(strip);
        }
        let mut entries = entries.clone();
        entries.extend([(273, Value::Long(places)), (279, Value::Long(lengths))]);
        entries.sort_by_key(|(tag, _)| *tag);
        let fields: Vec<[u8; 12]> = entries.iter().map(|entry| field(entry, &mut file)).collect();
        if file.len() % 2 == 1 {
            file.push(0);
        }
        let directory = end_of(&file).to_le_bytes();
        file[link..link + 4].copy_from_slice(&directory);
        file.extend(u16::try_from(fields.len()).unwrap_or(0).to_le_bytes());
        file.extend(fields.concat());
        link = file.len();
        file.extend([0; 4]);
    }
    file
}

/// The length of a file as an offset to its end.
fn end_of(file: &[u8]) -> u32 {
    u32::try_from(file.len()).unwrap_or(u32::MAX)
}

/// The twelve bytes of an entry; a value that does not fit goes to the end of the file.
fn field((tag, value): &Entry, file: &mut Vec<u8>) -> [u8; 12] {
    let (kind, count, bytes): (u16, usize, Vec<u8>) = match value {
        Value::Short(values) => (3, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        Value::Long(values) => (4, values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        Value::Rational(n, d) => (5, 1, [n.to_le_bytes(), d.to_le_bytes()].concat()),
    };
    let mut inline = [0; 4];
    if bytes.len() <= 4 {
        inline[..bytes.len()].copy_from_slice(&bytes);
    } else {
        inline = end_of(file).to_le_bytes();
        file.extend_from_slice(&bytes);
    }
    let mut field = [0; 12];
    field[..2].copy_from_slice(&tag.to_le_bytes());
    field[2..4].copy_from_slice(&kind.to_le_bytes());
    field[4..8].copy_from_slice(&u32::try_from(count).unwrap_or(0).to_le_bytes());
    field[8..].copy_from_slice(&inline);
    field
}

/// A PDF of these objects, numbered from 1; the first is the catalogue.
pub(crate) fn pdf(objects: &[&str]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = vec!["0000000000 65535 f \n".to_owned()];
    for object in objects {
        let number = table.len();
        table.push(format!("{:010} 00000 n \n", file.len()));
        file.extend(format!("{number} 0 obj\n{object}\nendobj\n").into_bytes());
    }
    let (size, place, table) = (table.len(), file.len(), table.concat());
    let trailer = format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{place}\n%%EOF\n");
    file.extend(format!("xref\n0 {size}\n{table}{trailer}").into_bytes());
    file
}

/// A PDF of one page of 144 x 72 points whose left half is black, with more of its dictionary.
pub(crate) fn half_black(more: &str) -> Vec<u8> {
    let page = format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 144 72] /Contents 4 0 R {more} >>");
    pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        &page,
        "<< /Length 16 >>\nstream\n0 0 72 72 re f \nendstream",
    ])
}
