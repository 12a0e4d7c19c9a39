//! Faint scans: ink that is hardly darker than the paper is made black, the paper white.

use image::RgbImage;

/// A page whose ink and paper are further apart than this, of 255, is left as it is.
const FAINT: u8 = 80;
/// Closer than this there is no ink, only noise.
const BLANK: u8 = 5;
/// The part of the pixels that are darker than what counts as ink,
const DARKEST: f64 = 0.002;
/// and those darker than what counts as paper.
const PAPER: f64 = 0.8;
/// Every so many pixels are looked at.
const STRIDE: usize = 7;

/// Raises the contrast of a faint page; whether it was one.
pub fn raise_contrast(page: &mut RgbImage) -> bool {
    let Some((ink, paper)) = ink_and_paper(page) else { return false };
    let range = paper.saturating_sub(ink);
    if !(BLANK..FAINT).contains(&range) {
        return false;
    }
    let table: [u8; 256] = std::array::from_fn(|value| {
        let above = u32::try_from(value).unwrap_or(0).saturating_sub(u32::from(ink));
        u8::try_from((above * 255 / u32::from(range)).min(255)).unwrap_or(255)
    });
    for value in page.iter_mut() {
        *value = table[usize::from(*value)];
    }
    true
}

/// The brightness of the ink and of the paper; `None` of an empty page.
fn ink_and_paper(page: &RgbImage) -> Option<(u8, u8)> {
    let mut histogram = [0_u32; 256];
    for pixel in page.pixels().step_by(STRIDE) {
        let [r, g, b] = pixel.0.map(u32::from);
        histogram[((r + g + b) / 3) as usize] += 1;
    }
    let total = f64::from(histogram.iter().sum::<u32>());
    let at = |part: f64| {
        let mut darker = 0;
        histogram.iter().zip(0_u8..=255).find_map(|(count, value)| {
            darker += count;
            (f64::from(darker) > part * total).then_some(value)
        })
    };
    Some((at(DARKEST)?, at(PAPER)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ink: u8, paper: u8) -> RgbImage {
        RgbImage::from_fn(100, 100, |x, _| if x % 10 == 0 { [ink; 3] } else { [paper; 3] }.into())
    }

    #[test]
    fn faint_ink_becomes_black_on_white() {
        let mut faint = page(200, 230);
        assert!(raise_contrast(&mut faint));
        assert_eq!((faint.get_pixel(0, 0).0, faint.get_pixel(1, 0).0), ([0; 3], [255; 3]));
    }

    #[test]
    fn clear_and_blank_pages_stay_as_they_are() {
        for (ink, paper) in [(20, 230), (120, 250), (230, 230), (228, 230)] {
            let mut page = page(ink, paper);
            let before = page.clone();
            assert!(!raise_contrast(&mut page));
            assert_eq!(page, before);
        }
        assert!(!raise_contrast(&mut RgbImage::new(0, 0)));
    }
}
