//! PNG, JPEG, JPEG 2000, WebP, GIF, BMP and PNM.

use std::io::Cursor;

use d2d_api::ProblemCode;
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage, Rgba};

use super::fixtures::{encoded, four};
use super::{Outcome, opened, page, refused};
use crate::input::{Kind, Limits};

/// Cyan in an Adobe JPEG of four inks, 8 x 8 pixels: such files hold inverted inks.
const CYAN_JPEG: &str = "ffd8ffee000e41646f626500640000000000ffdb0043000302020302020303030304030304050805050404050a070706\
    080c0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffc00014080008000804431100\
    4d11005911004b1100ffc40014000100000000000000000000000000000009ffc40014100100000000000000000000000000000000\
    ffda000e0443004d0059004b00003f002a8a99532a6fffd9";

#[test]
fn lossless_images_keep_their_pixels() -> Outcome {
    let image = DynamicImage::ImageRgb8(four());
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Pnm, ImageFormat::Gif] {
        assert_eq!(page(&encoded(&image, format)?, 1)?.rgb, four(), "{format:?}");
    }
    Ok(())
}

#[test]
fn jpeg_2000_is_read_and_a_torn_one_refused() -> Outcome {
    let jp2 = include_bytes!("half.jp2");
    opened(jp2, &Limits::default(), |document| {
        assert_eq!((document.kind(), document.page_count()), (Kind::Jp2, 1));
        let rgb = document.page(1, None)?.rgb;
        assert_eq!((rgb.dimensions(), rgb.get_pixel(0, 0).0, rgb.get_pixel(15, 7).0), ((16, 8), [0; 3], [255; 3]));
        Ok(())
    })?;
    assert_eq!(refused(&jp2[..60], &Limits::default()), Some(ProblemCode::InputDamaged));
    let few = Limits { pixels: 100, ..Limits::default() };
    assert_eq!(refused(jp2, &few), Some(ProblemCode::InputTooManyPixels));
    Ok(())
}

#[test]
fn wide_and_transparent_pixels_become_eight_bits_on_white() -> Outcome {
    let gray = ImageBuffer::from_fn(3, 1, |x, _| Luma([[0_u16, 0x8080, 0xffff][x as usize]]));
    let png = encoded(&DynamicImage::ImageLuma16(gray), ImageFormat::Png)?;
    assert_eq!(page(&png, 1)?.rgb.into_raw(), [0, 0, 0, 128, 128, 128, 255, 255, 255]);
    let clear = ImageBuffer::from_fn(2, 1, |x, _| Rgba([0_u8, 0, 0, [0, 255][x as usize]]));
    let png = encoded(&DynamicImage::ImageRgba8(clear), ImageFormat::Png)?;
    assert_eq!(page(&png, 1)?.rgb.into_raw(), [255, 255, 255, 0, 0, 0]);
    Ok(())
}

#[test]
fn a_jpeg_of_four_inks_keeps_its_colour() -> Outcome {
    let Rgb([red, green, blue]) = *page(&hex::decode(CYAN_JPEG)?, 1)?.rgb.get_pixel(3, 3);
    assert!(red < 12 && green > 243 && blue > 243, "{red} {green} {blue}");
    Ok(())
}

#[test]
fn a_photo_is_turned_as_its_exif_says() -> Outcome {
    // White over black, 16 x 32; orientation 6 is to be turned clockwise: white comes to the right.
    let image = RgbImage::from_fn(16, 32, |_, y| Rgb([if y < 16 { 255 } else { 0 }; 3]));
    let jpeg = encoded(&DynamicImage::ImageRgb8(image), ImageFormat::Jpeg)?;
    let exif = b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let turned = [&jpeg[..2], exif, &jpeg[2..]].concat();
    let read = page(&turned, 1)?.rgb;
    assert_eq!(read.dimensions(), (32, 16));
    assert!(read.get_pixel(30, 8).0[0] > 200 && read.get_pixel(1, 8).0[0] < 50);
    Ok(())
}

#[test]
fn of_an_animation_the_first_frame_is_read_and_its_owner_told() -> Outcome {
    let frame = |shade| Frame::new(ImageBuffer::from_pixel(4, 4, Rgba([shade, shade, shade, 255])));
    let mut gif = Cursor::new(Vec::new());
    GifEncoder::new(&mut gif).encode_frames([frame(0), frame(255)])?;
    opened(&gif.into_inner(), &Limits::default(), |document| {
        assert_eq!((document.kind(), document.page_count()), (Kind::Gif, 1));
        assert_eq!(document.warnings(), ["only the first frame of this animated GIF is read"]);
        assert_eq!(document.page(1, Some(72))?.rgb.get_pixel(0, 0), &Rgb([0; 3]));
        Ok(())
    })?;
    Ok(())
}

#[test]
fn what_is_too_large_is_refused_by_its_header() -> Outcome {
    let png = encoded(&DynamicImage::ImageRgb8(RgbImage::new(100, 100)), ImageFormat::Png)?;
    let limits = Limits::default();
    assert_eq!(refused(&png, &limits), None);
    assert_eq!(refused(&png, &Limits { pixels: 9_999, ..limits }), Some(ProblemCode::InputTooManyPixels));
    assert_eq!(refused(&png, &Limits { decoded_bytes: 29_999, ..limits }), Some(ProblemCode::InputTooManyPixels));
    assert_eq!(refused(&png, &Limits { file_bytes: 50, ..limits }), Some(ProblemCode::UploadTooLarge));

    // A header that claims 2 giga by 2 giga pixels, with no data after it.
    let mut bomb = png[..33].to_vec();
    bomb[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    assert!(refused(&bomb, &limits).is_some());
    Ok(())
}

#[test]
fn what_is_cut_off_or_no_image_is_refused_for_that() -> Outcome {
    let limits = Limits::default();
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Gif] {
        let image =
            RgbImage::from_fn(64, 64, |x, y| Rgb([x * 3, y * 3, x * y / 17].map(|shade| shade.to_le_bytes()[0])));
        let file = encoded(&DynamicImage::ImageRgb8(image), format)?;
        assert_eq!(refused(&file[..file.len() / 2], &limits), Some(ProblemCode::InputDamaged), "{format:?}");
    }
    assert_eq!(refused(b"", &limits), Some(ProblemCode::UploadEmpty));
    assert_eq!(refused(b"Dear reader,", &limits), Some(ProblemCode::InputUnsupported));
    let message = page(b"Dear reader,", 1).err().map(|refusal| refusal.detail).unwrap_or_default();
    assert!(message.starts_with("`page.bin` ") && message.contains("PDF, TIFF, PNG"), "{message}");
    Ok(())
}

#[test]
fn there_is_no_page_but_the_first() -> Outcome {
    let png = encoded(&DynamicImage::ImageRgb8(four()), ImageFormat::Png)?;
    for number in [0, 2] {
        assert_eq!(page(&png, number).err().map(|refusal| refusal.code), Some(ProblemCode::OcrPageRange));
    }
    Ok(())
}
