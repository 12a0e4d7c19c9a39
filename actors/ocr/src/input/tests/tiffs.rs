//! TIFF: pages, samples, compressions.

use d2d_api::ProblemCode;

use super::fixtures::{Value, short, strip, tiff, tiff_in_strips};
use super::{Outcome, opened, page, refused};
use crate::input::Limits;

const BLACK_ON_WHITE: u16 = 0;
const WHITE_ON_BLACK: u16 = 1;
const RGB: u16 = 2;
const PALETTE: u16 = 3;
const CMYK: u16 = 5;

/// Two rows of 16 pixels, black from 4 to 12, in ITU-T T.6: horizontal mode (001), white 4 (1011), black 8 (000101), then
/// vertical mode 0 (1) for the rest and thrice for the second row.
const GROUP_4: [u8; 3] = [0b0011_0110, 0b0010_1111, 0b1000_0000];
/// The same in modified Huffman: white 4, black 8, white 4, to the end of a byte.
const HUFFMAN: [u8; 4] = [0b1011_0001, 0b0110_1100, 0b1011_0001, 0b0110_1100];

/// The red channel of a page.
fn reds(bytes: &[u8], number: u32) -> Result<Vec<u8>, d2d_worker::Refusal> {
    Ok(page(bytes, number)?.rgb.pixels().map(|pixel| pixel.0[0]).collect())
}

#[test]
fn each_directory_is_a_page_but_thumbnails_are_not() -> Outcome {
    let gray = |shade: &'static [u8; 1]| (strip((1, 1), &[8], 1, WHITE_ON_BLACK), &shade[..]);
    let mut thumbnail = gray(&[9]);
    thumbnail.0.push((254, Value::Long(vec![1])));
    let file = tiff(&[gray(&[10]), thumbnail, gray(&[30]), gray(&[40])]);
    opened(&file, &Limits::default(), |document| {
        assert_eq!(document.page_count(), 3);
        // In any order.
        for (number, shade) in [(3, 40), (1, 10), (2, 30), (3, 40)] {
            assert_eq!(document.page(number, Some(72))?.rgb.get_pixel(0, 0).0, [shade; 3]);
        }
        Ok(())
    })?;
    assert_eq!(refused(&file, &Limits { pages: 2, ..Limits::default() }), Some(ProblemCode::InputTooManyPages));
    Ok(())
}

#[test]
fn a_chain_of_directories_that_comes_back_ends() {
    let mut file = tiff(&[(strip((1, 1), &[8], 1, WHITE_ON_BLACK), &[1]), (strip((1, 1), &[8], 1, 1), &[2])]);
    let first: [u8; 4] = std::array::from_fn(|i| file[4 + i]);
    let end = file.len();
    file[end - 4..].copy_from_slice(&first);
    assert!(matches!(refused(&file, &Limits::default()), None | Some(ProblemCode::InputDamaged)));
}

#[test]
fn samples_of_every_kind_are_read() -> Outcome {
    let one = |bits: &[u16], photometric, data: &[u8]| page(&tiff(&[(strip((2, 1), bits, 1, photometric), data)]), 1);
    assert_eq!(one(&[1], WHITE_ON_BLACK, &[0b1000_0000])?.rgb.into_raw(), [255, 255, 255, 0, 0, 0]);
    assert_eq!(one(&[1], BLACK_ON_WHITE, &[0b1000_0000])?.rgb.into_raw(), [0, 0, 0, 255, 255, 255]);
    assert_eq!(one(&[4], WHITE_ON_BLACK, &[0x1f])?.rgb.into_raw(), [17, 17, 17, 255, 255, 255]);
    assert_eq!(one(&[16], WHITE_ON_BLACK, &[0, 0, 0xff, 0xff])?.rgb.into_raw(), [0, 0, 0, 255, 255, 255]);
    assert_eq!(one(&[8, 8, 8], RGB, &[1, 2, 3, 4, 5, 6])?.rgb.into_raw(), [1, 2, 3, 4, 5, 6]);
    let inks = [255, 0, 0, 0, 0, 0, 0, 255];
    assert_eq!(one(&[8, 8, 8, 8], CMYK, &inks)?.rgb.into_raw(), [0, 255, 255, 0, 0, 0]);
    Ok(())
}

#[test]
fn transparency_shows_white_whether_or_not_it_is_multiplied_in() -> Outcome {
    for (kind, pixel) in [(1, [64, 0, 0, 128]), (2, [128, 0, 0, 128])] {
        let mut entries = strip((1, 1), &[8, 8, 8, 8], 1, RGB);
        entries.push(short(338, kind));
        let [red, green, blue] = page(&tiff(&[(entries, &pixel)]), 1)?.rgb.get_pixel(0, 0).0;
        assert!(red.abs_diff(191) <= 1 && green == 127 && blue == 127, "{kind}: {red} {green} {blue}");
    }
    Ok(())
}

#[test]
fn planes_are_put_together() -> Outcome {
    let mut entries = strip((2, 1), &[8, 8, 8], 1, RGB);
    entries.push(short(284, 2));
    let planes: Vec<&[u8]> = vec![&[1, 2], &[11, 12], &[21, 22]];
    assert_eq!(page(&tiff_in_strips(&[(entries, planes)]), 1)?.rgb.into_raw(), [1, 11, 21, 2, 12, 22]);
    Ok(())
}

#[test]
fn palettes_are_looked_up() -> Outcome {
    let mut colours = vec![0_u16; 3 * 256];
    (colours[7], colours[256 + 7], colours[512 + 9]) = (0xffff, 0x8080, 0xffff);
    let mut entries = strip((2, 1), &[8], 1, PALETTE);
    entries.push((320, Value::Short(colours)));
    let gray = (strip((1, 1), &[8], 1, WHITE_ON_BLACK), &[5][..]);
    let file = tiff(&[gray, (entries, &[7, 9])]);
    assert_eq!(page(&file, 1)?.rgb.into_raw(), [5; 3]);
    assert_eq!(page(&file, 2)?.rgb.into_raw(), [255, 128, 0, 0, 0, 255]);

    let mut entries = strip((4, 1), &[2], 1, PALETTE);
    entries.push((320, Value::Short(vec![0, 0x4040, 0x8080, 0xffff, 0, 0, 0, 0, 0, 0, 0, 0])));
    assert_eq!(reds(&tiff(&[(entries, &[0b0001_1011])]), 1)?, [0, 64, 128, 255]);
    Ok(())
}

#[test]
fn fax_pages_are_read_in_every_coding_and_order_of_bits() -> Outcome {
    let row: Vec<u8> = (0..16).map(|x| if (4..12).contains(&x) { 0 } else { 255 }).collect();
    let expected = [row.clone(), row].concat();
    let reversed = GROUP_4.map(u8::reverse_bits);
    let fax = |compression, photometric, data: &[u8], fill_order| {
        let mut entries = strip((16, 2), &[1], compression, photometric);
        entries.push(short(266, fill_order));
        reds(&tiff(&[(entries, data)]), 1)
    };
    assert_eq!(fax(4, BLACK_ON_WHITE, &GROUP_4, 1)?, expected);
    assert_eq!(fax(4, BLACK_ON_WHITE, &reversed, 2)?, expected);
    assert_eq!(fax(2, BLACK_ON_WHITE, &HUFFMAN, 1)?, expected);
    let negative: Vec<u8> = expected.iter().map(|shade| !shade).collect();
    assert_eq!(fax(4, WHITE_ON_BLACK, &GROUP_4, 1)?, negative);
    Ok(())
}

#[test]
fn a_page_is_turned_and_has_the_resolution_that_it_says() -> Outcome {
    let mut entries = strip((2, 1), &[8], 1, WHITE_ON_BLACK);
    entries.extend([short(274, 6), (282, Value::Rational(1181, 10)), short(296, 3)]);
    let read = page(&tiff(&[(entries, &[10, 20])]), 1)?;
    assert_eq!((read.rgb.dimensions(), read.rgb.get_pixel(0, 1).0[0]), ((1, 2), 20));
    assert_eq!(read.dpi.map(f32::round), Some(300.0));
    Ok(())
}

#[test]
fn what_is_too_large_or_unknown_is_refused() {
    let limits = Limits::default();
    let claims = tiff(&[(strip((60_000, 60_000), &[8, 8, 8], 1, RGB), &[0])]);
    assert_eq!(refused(&claims, &limits), Some(ProblemCode::InputTooManyPixels));
    let fax = tiff(&[(strip((60_000, 60_000), &[1], 4, BLACK_ON_WHITE), &GROUP_4)]);
    assert_eq!(refused(&fax, &limits), Some(ProblemCode::InputTooManyPixels));
    let unknown = tiff(&[(strip((1, 1), &[8], 34_712, WHITE_ON_BLACK), &[0])]);
    assert_eq!(refused(&unknown, &limits), Some(ProblemCode::InputUnsupported));
    let short = tiff(&[(strip((100, 100), &[8], 1, WHITE_ON_BLACK), &[0])]);
    assert_eq!(refused(&short, &limits), Some(ProblemCode::InputDamaged));
}
