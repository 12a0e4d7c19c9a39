//! PDF files as scanners write them: every page one JPEG, nothing else (ISO 32000-1, sections 7.5 and 8.9).

use std::io::Write as _;

use anyhow::Result;
use image::GrayImage;

use super::Encoding;

/// A PDF with a page for each image, at this many pixels per inch; with no image a valid PDF of no page.
///
/// # Errors
/// When an image is too large for a JPEG.
pub fn pdf(images: &[&GrayImage], dpi: f32) -> Result<Vec<u8>> {
    let mut file = File { bytes: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec(), offsets: Vec::new() };
    let kids: Vec<String> = (0..images.len()).map(|page| format!("{} 0 R", 3 + 3 * page)).collect();
    file.object(b"<< /Type /Catalog /Pages 2 0 R >>")?;
    file.object(format!("<< /Type /Pages /Count {} /Kids [{}] >>", kids.len(), kids.join(" ")).as_bytes())?;
    for image in images {
        file.page(image, dpi)?;
    }
    file.finish()
}

struct File {
    bytes: Vec<u8>,
    offsets: Vec<usize>,
}

impl File {
    fn object(&mut self, body: &[u8]) -> Result<()> {
        self.offsets.push(self.bytes.len());
        writeln!(self.bytes, "{} 0 obj", self.offsets.len())?;
        self.bytes.extend_from_slice(body);
        write!(self.bytes, "\nendobj\n")?;
        Ok(())
    }

    fn stream(&mut self, entries: &str, data: &[u8]) -> Result<()> {
        let mut body = format!("<< {entries} /Length {} >>\nstream\n", data.len()).into_bytes();
        body.extend_from_slice(data);
        body.extend_from_slice(b"\nendstream");
        self.object(&body)
    }

    /// Three objects: the page, what is drawn on it, and the image.
    fn page(&mut self, image: &GrayImage, dpi: f32) -> Result<()> {
        let (width, height) = image.dimensions();
        let points = |pixels: u32| f64::from(pixels) * 72.0 / f64::from(dpi);
        let (wide, high) = (points(width), points(height));
        let page = self.offsets.len() + 1;
        self.object(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide:.2} {high:.2}] /Contents {} 0 R \
                 /Resources << /XObject << /Scan {} 0 R >> >> >>",
                page + 1,
                page + 2
            )
            .as_bytes(),
        )?;
        self.stream("", format!("q {wide:.2} 0 0 {high:.2} 0 0 cm /Scan Do Q").as_bytes())?;
        let entries = format!(
            "/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray \
             /BitsPerComponent 8 /Filter /DCTDecode"
        );
        self.stream(&entries, &Encoding::Jpeg(85).encode(image)?)
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        let table = self.bytes.len();
        let size = self.offsets.len() + 1;
        write!(self.bytes, "xref\n0 {size}\n0000000000 65535 f \n")?;
        for offset in &self.offsets {
            writeln!(self.bytes, "{offset:010} 00000 n ")?;
        }
        write!(self.bytes, "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n")?;
        Ok(self.bytes)
    }
}
