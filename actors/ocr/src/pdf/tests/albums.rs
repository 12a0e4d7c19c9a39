//! Images.

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use serde_json::json;

use super::{Outcome, assert_words, opened, reading, searchable};
use crate::input::tests::fixtures::encoded;

const PLACE: [(&str, [i32; 4]); 1] = [("read", [10, 10, 50, 22])];

/// A picture whose quarters differ.
fn quarters() -> RgbImage {
    RgbImage::from_fn(96, 64, |x, y| {
        Rgb([[250, 10, 10], [10, 250, 10], [10, 10, 250], [240; 3]][usize::from(x > 47) + usize::from(y > 31) * 2])
    })
}

fn holds(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_jpeg_is_kept_byte_for_byte() -> Outcome {
    let jpeg = encoded(&quarters().into(), ImageFormat::Jpeg)?;
    let made = searchable(&jpeg, json!({}), &[(1, reading((96, 64), &PLACE))])?;
    assert!(holds(&made, &jpeg));
    assert_words(&made, 1, &PLACE)
}

#[test]
fn a_jpeg_2000_is_kept_byte_for_byte() -> Outcome {
    let jp2 = include_bytes!("../../input/tests/half.jp2");
    let made = searchable(jp2, json!({}), &[(1, reading((16, 8), &[]))])?;
    assert!(holds(&made, jp2));
    let page = opened(&made, |document| Ok(document.page(1, Some(72))?.rgb))?;
    assert_eq!((page.dimensions(), page.get_pixel(2, 2).0, page.get_pixel(13, 2).0), ((16, 8), [0; 3], [255; 3]));
    Ok(())
}

#[test]
fn the_pixels_of_a_png_are_kept_as_they_are_compressed() -> Outcome {
    let png = encoded(&quarters().into(), ImageFormat::Png)?;
    let begin = png.windows(4).position(|name| name == b"IDAT").ok_or("no pixels")?;
    let made = searchable(&png, json!({}), &[(1, reading((96, 64), &PLACE))])?;
    assert!(holds(&made, &png[begin + 4..begin + 100]));
    assert_words(&made, 1, &PLACE)?;
    let page = opened(&made, |document| Ok(document.page(1, Some(72))?.rgb))?;
    assert_eq!(page, quarters());
    Ok(())
}

#[test]
fn turned_photos_stand_upright() -> Outcome {
    let jpeg = encoded(&quarters().into(), ImageFormat::Jpeg)?;
    for orientation in 1..=8 {
        // An Exif segment with one entry: the orientation.
        let exif =
            [b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[orientation][..], &[0; 6]].concat();
        let length = u16::try_from(exif.len() + 2)?.to_be_bytes();
        let turned = [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat();
        let upright = opened(&turned, |document| Ok(document.page(1, Some(72))?.rgb))?;
        let mut expected = DynamicImage::ImageRgb8(quarters());
        expected.apply_orientation(Orientation::from_exif(orientation).ok_or("no orientation")?);
        assert_eq!(upright.dimensions(), expected.to_rgb8().dimensions());
        let made = searchable(&turned, json!({}), &[(1, reading(upright.dimensions(), &PLACE))])?;
        let page = opened(&made, |document| Ok(document.page(1, Some(72))?.rgb))?;
        for (x, y) in [(12, 12), (52, 12), (12, 52), (52, 52)] {
            let [is, should] = [&page, &upright].map(|image| image.get_pixel(x, y).0.map(i32::from));
            assert!(
                is.iter().zip(should).all(|(is, should)| (is - should).abs() < 24),
                "{orientation}: {is:?} {should:?}"
            );
        }
    }
    Ok(())
}

#[test]
fn every_kind_becomes_a_page_that_looks_the_same() -> Outcome {
    let gray = DynamicImage::ImageLuma8(GrayImage::from_fn(96, 64, |x, y| Luma([(x * 2 + y).to_le_bytes()[0]])));
    let bilevel =
        DynamicImage::ImageLuma8(GrayImage::from_fn(96, 64, |x, y| Luma([if x / 8 == y / 8 { 0 } else { 255 }])));
    let formats =
        [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Pnm, ImageFormat::Tiff];
    for format in formats {
        for image in [quarters().into(), gray.clone(), bilevel.clone()] {
            let image = if format == ImageFormat::Gif { DynamicImage::ImageRgba8(image.to_rgba8()) } else { image };
            let file = encoded(&image, format)?;
            let made = searchable(&file, json!({}), &[(1, reading((96, 64), &PLACE))])?;
            assert_words(&made, 1, &PLACE)?;
            let [page, original] =
                [&made, &file].map(|file| opened(file, |document| Ok(document.page(1, Some(72))?.rgb)));
            assert_eq!(page?, original?, "{format:?}");
            assert!(made.len() < file.len() * 11 / 10 + 5000, "{format:?}: {} of {}", made.len(), file.len());
        }
    }
    Ok(())
}

#[test]
fn archival_documents_say_so() -> Outcome {
    let png = encoded(&quarters().into(), ImageFormat::Png)?;
    let made = searchable(&png, json!({ "pdf_a": true }), &[(1, reading((96, 64), &PLACE))])?;
    for part in ["<pdfaid:part>2</pdfaid:part>", "/S/GTS_PDFA1", "<rdf:li xml:lang=\"x-default\">original</rdf:li>"] {
        assert!(holds(&made, part.as_bytes()), "{part}");
    }
    assert_words(&made, 1, &PLACE)
}
