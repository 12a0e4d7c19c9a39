//! Files that no service can read, each broken in a way that users really send.

use anyhow::Result;

/// The first half of a file: an upload that some other program cut off.
#[must_use]
pub fn truncated(file: &[u8]) -> &[u8] {
    &file[..file.len() / 2]
}

/// A sound PNG of less than 200 kB with 900 million white pixels.
///
/// # Errors
/// Never with sound compression.
pub fn bomb() -> Result<Vec<u8>> {
    const SIDE: u32 = 30_000;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, SIDE, SIDE);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    let mut rows = writer.stream_writer()?;
    let row = vec![0xff; SIDE as usize / 8];
    for _ in 0..SIDE {
        std::io::Write::write_all(&mut rows, &row)?;
    }
    rows.finish()?;
    writer.finish()?;
    Ok(file)
}

/// Plain text.
#[must_use]
pub fn text() -> &'static [u8] {
    b"This is a letter, not a picture of a letter.\n"
}
