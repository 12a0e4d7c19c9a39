//! PDF.

use d2d_api::ProblemCode;

use super::fixtures::{half_black, pdf};
use super::{Outcome, opened, page, refused};
use crate::input::Limits;

#[test]
fn a_page_is_rendered_at_the_resolution_that_is_asked_for() -> Outcome {
    opened(&half_black(""), &Limits::default(), |document| {
        assert_eq!(document.page_count(), 1);
        for dpi in [72, 150, 300] {
            let read = document.page(1, Some(dpi))?;
            let side = u32::from(dpi);
            assert_eq!(read.rgb.dimensions(), (side * 2, side));
            assert_eq!(read.rgb.get_pixel(side / 2, side / 2).0, [0; 3], "black on the left");
            assert_eq!(read.rgb.get_pixel(side + side / 2, side / 2).0, [255; 3], "white on the right");
            assert_eq!(read.dpi.map(f32::round), Some(f32::from(dpi)));
        }
        Ok(())
    })?;
    Ok(())
}

#[test]
fn a_scan_is_rendered_at_its_own_resolution_within_reason() -> Outcome {
    // Pixels of the image across two inches, whether it fills the page, and the pixels of the rendered page.
    for (pixels, place, expected) in [
        (500, "144 0 0 72 0 0", 500),
        (64, "144 0 0 72 0 0", 300),
        (2000, "144 0 0 72 0 0", 600),
        (500, "20 0 0 10 0 0", 400),
    ] {
        let (width, height) = (pixels, pixels / 2);
        let data = "A".repeat(pixels_of_one_bit(width) * height);
        let content = format!("q {place} cm /I Do Q");
        let scan = pdf(&[
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 144 72] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>",
            &format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
            &format!(
                "<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 1 /ColorSpace /DeviceGray \
                 /Length {} >>\nstream\n{data}\nendstream",
                data.len()
            ),
        ]);
        let read = opened(&scan, &Limits::default(), |document| document.page(1, None))?;
        assert_eq!(read.rgb.width(), expected, "{pixels} pixels at {place}");
    }
    Ok(())
}

/// The bytes of a row of this many pixels of one bit.
fn pixels_of_one_bit(width: usize) -> usize {
    width.div_ceil(8)
}

#[test]
fn a_page_is_turned_as_it_says() -> Outcome {
    let read = page(&half_black("/Rotate 90"), 1)?.rgb;
    assert_eq!(read.dimensions(), (72, 144));
    assert_eq!((read.get_pixel(36, 20).0, read.get_pixel(36, 120).0), ([0; 3], [255; 3]));
    Ok(())
}

#[test]
fn a_large_page_is_rendered_at_less() -> Outcome {
    let limits = Limits { pixels: 10_000, ..Limits::default() };
    opened(&half_black(""), &limits, |document| {
        let read = document.page(1, Some(600))?;
        let pixels = u64::from(read.rgb.width()) * u64::from(read.rgb.height());
        assert!(pixels <= limits.pixels && pixels > limits.pixels * 9 / 10, "{pixels}");
        Ok(())
    })?;
    let vast = pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 2000000 2000000] >>",
    ]);
    assert_eq!(refused(&vast, &Limits::default()), Some(ProblemCode::InputTooManyPixels));
    Ok(())
}

#[test]
fn an_image_too_large_to_decode_is_refused_by_its_dictionary() {
    let bomb = pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>",
        "<< /Length 26 >>\nstream\nq 72 0 0 72 0 0 cm /I Do Q\nendstream",
        "<< /Type /XObject /Subtype /Image /Width 2000000000 /Height 2000000000 /BitsPerComponent 8 /ColorSpace \
         /DeviceGray /Length 1 >>\nstream\n.\nendstream",
    ]);
    assert_eq!(refused(&bomb, &Limits::default()), Some(ProblemCode::InputTooManyPixels));
}

#[test]
fn what_cannot_be_read_is_refused_for_what_is_wrong() {
    let limits = Limits::default();
    let empty = pdf(&["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"]);
    assert_eq!(refused(&empty, &limits), Some(ProblemCode::InputNoPages));
    assert_eq!(refused(b"%PDF-1.7\nnothing", &limits), Some(ProblemCode::InputDamaged));
    let whole = half_black("");
    assert_eq!(refused(&whole, &Limits { pages: 0, ..limits }), Some(ProblemCode::InputTooManyPages));

    // The keys are made up: no password fits them.
    let text = String::from_utf8_lossy(&whole).into_owned();
    let keys = format!("/O <{0}> /U <{0}>", "41".repeat(32));
    let encrypt = format!("/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 {keys} /P -4 >> /Root");
    let encrypted = text.replace("/Root", &encrypt);
    assert_eq!(refused(encrypted.as_bytes(), &limits), Some(ProblemCode::InputEncrypted));
}

/// A page whose form draws another twice, that one another, and so on.
fn laughs(depth: usize) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>"
            .to_owned(),
        "<< /Length 5 >>\nstream\n/F Do\nendstream".to_owned(),
    ];
    for form in 5..5 + depth {
        let next = form + 1;
        objects.push(format!(
            "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 53 /Resources << /XObject << /F {next} 0 R >> >> >>\n\
             stream\n/F Do /F Do /F Do /F Do /F Do /F Do /F Do /F Do /F Do\nendstream"
        ));
    }
    objects
        .push("<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 9 >>\nstream\n0 0 m 9 w\nendstream".to_owned());
    pdf(&objects.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn forms_within_forms_are_counted_before_they_are_drawn() {
    assert_eq!(refused(&laughs(2), &Limits::default()), None);
    assert_eq!(refused(&laughs(30), &Limits::default()), Some(ProblemCode::InputUnsupported));
    // Forms that draw each other: the parser does not go round in circles.
    let circle = String::from_utf8_lossy(&laughs(2)).replace("/F 7 0 R", "/F 5 0 R");
    assert_eq!(refused(circle.as_bytes(), &Limits::default()), None);
}

#[test]
fn streams_that_inflate_beyond_memory_are_refused() -> Outcome {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![b' '; 3 << 20])?;
    let data = encoder.finish()?;
    let mut file =
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] \
        /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>\nendobj\n"
            .to_vec();
    file.extend(format!("4 0 obj\n<< /Filter /FlateDecode /Length {} >>\nstream\n", data.len()).bytes());
    file.extend([&data, &b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\n"[..]].concat());
    assert_eq!(refused(&file, &Limits::default()), None);
    let limits = Limits { decoded_bytes: 8 << 20, ..Limits::default() };
    assert_eq!(refused(&file, &limits), Some(ProblemCode::InputTooManyPixels));
    Ok(())
}

#[test]
fn junk_before_the_header_is_passed_over() -> Outcome {
    let mail = [b"X-Mail: yes\r\n".repeat(500), half_black("")].concat();
    assert_eq!(page(&mail, 1)?.rgb.dimensions(), (144, 72));
    Ok(())
}

#[test]
fn a_unit_of_a_page_may_be_more_than_a_point() -> Outcome {
    let read = page(&half_black("/UserUnit 2"), 1)?;
    assert_eq!((read.rgb.dimensions(), read.dpi), ((288, 144), Some(72.0)));
    Ok(())
}
