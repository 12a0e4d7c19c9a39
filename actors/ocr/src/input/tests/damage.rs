//! Damaged files: whatever is cut off or flipped, a file decodes within its limits or is refused.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use proptest::prelude::*;

use super::fixtures::{Value, encoded, half_black, short, strip, tiff};
use super::with_page;
use crate::input::Limits;

const LIMITS: Limits = Limits { file_bytes: 1 << 20, pages: 10, pixels: 1 << 18, decoded_bytes: 4 << 20 };

/// A sound file of every kind.
fn sound() -> Vec<Vec<u8>> {
    let image = DynamicImage::ImageRgb8(RgbImage::from_fn(24, 24, |x, y| {
        Rgb([x * 10, y * 10, 99].map(|shade| shade.to_le_bytes()[0]))
    }));
    let formats = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
        ImageFormat::Pnm,
        ImageFormat::Tiff,
    ];
    let mut files: Vec<_> = formats.iter().filter_map(|format| encoded(&image, *format).ok()).collect();
    let mut palette = strip((2, 2), &[4], 1, 3);
    palette.push((320, Value::Short((0..48).collect())));
    let mut fax = strip((16, 2), &[1], 4, 0);
    fax.push(short(266, 1));
    files.push(tiff(&[(palette, &[0x12, 0x30]), (fax, &[0b0011_0110, 0b0010_1111, 0b1000_0000])]));
    files.push(half_black("/Rotate 90"));
    files
}

#[test]
fn all_kinds_are_tried() {
    assert_eq!(sound().len(), 9);
    for file in sound() {
        assert!(with_page(&file, 1, &LIMITS).is_ok());
    }
}

/// Decodes two pages. A panic that gets out fails the test; so does an image over its limits.
fn try_reading(file: &[u8]) -> Result<(), TestCaseError> {
    for number in [1, 2] {
        match with_page(file, number, &LIMITS) {
            Ok(page) => prop_assert!(u64::from(page.rgb.width()) * u64::from(page.rgb.height()) <= LIMITS.pixels),
            Err(refusal) => prop_assert!((400..500).contains(&refusal.code.status()), "{refusal}"),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn cut_off_files_are_read_or_refused(which in 0_usize..9, part in 0.0_f64..1.0) {
        let files = sound();
        let file = &files[which];
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let end = (file.len() as f64 * part) as usize;
        try_reading(&file[..end])?;
    }

    #[test]
    fn flipped_bits_are_read_or_refused(
        which in 0_usize..9,
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..6),
    ) {
        let mut file = sound().swap_remove(which);
        for (place, bit) in flips {
            let place = place.index(file.len());
            file[place] ^= 1 << bit;
        }
        try_reading(&file)?;
    }
}
