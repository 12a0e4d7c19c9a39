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
            let read = document.page(1, dpi)?;
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
        let read = document.page(1, 600)?;
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
