//! The pages that most tests use.

use anyhow::Result;

use super::{Column, Face, Page, Passage, Sheet, Style, passage, prose};

const DPI: f32 = 200.0;

/// A letter: a heading, then paragraphs of one face and size, on a sheet of A5.
///
/// # Errors
/// When the sheet is too small for it.
pub fn letter(passage: Passage, face: Face, points: f32, paragraphs: u64) -> Result<Page> {
    let mut sheet = Sheet::new(148.0, 210.0, DPI);
    let mut column = Column { left: 15.0, width: 118.0, top: 18.0 };
    sheet.paragraph(&mut column, Style::new(face, points * 1.5), passage.heading)?;
    for seed in 0..paragraphs {
        column.top += 4.0;
        sheet.paragraph(&mut column, Style::new(face, points), &prose(passage, 3, seed))?;
    }
    Ok(sheet.finish())
}

/// An A4 page of two columns under a heading that spans both.
///
/// # Errors
/// When the sheet is too small for it.
pub fn columns() -> Result<Page> {
    let mut sheet = Sheet::a4(DPI);
    let english = passage("eng");
    let mut heading = Column { left: 20.0, width: 170.0, top: 20.0 };
    sheet.paragraph(&mut heading, Style::new(Face::SerifBold, 22.0), english.heading)?;
    for (number, left) in (0..).zip([20.0, 110.0]) {
        let mut column = Column { left, width: 80.0, top: heading.top + 6.0 };
        for paragraph in 0..3 {
            let text = prose(english, 5, number * 10 + paragraph);
            sheet.paragraph(&mut column, Style::new(Face::Serif, 11.0).justified(), &text)?;
            column.top += 3.0;
        }
    }
    Ok(sheet.finish())
}

/// Sheets of A5 in a row, each telling its number and a text of its own.
///
/// # Errors
/// When a sheet is too small for its text.
pub fn document(pages: u64) -> Result<Vec<Page>> {
    (1..=pages)
        .map(|number| {
            let mut sheet = Sheet::new(148.0, 210.0, DPI);
            let mut column = Column { left: 15.0, width: 118.0, top: 18.0 };
            sheet.paragraph(&mut column, Style::new(Face::SerifBold, 16.0), &format!("Sheet number {number}"))?;
            column.top += 4.0;
            let text = prose(passage("eng"), 6, number);
            sheet.paragraph(&mut column, Style::new(Face::Serif, 12.0), &text)?;
            Ok(sheet.finish())
        })
        .collect()
}

/// A strip of paper with one line, for tests that care for the way and not for the reading.
///
/// # Errors
/// When the line is too long for the strip.
pub fn line(text: &str) -> Result<Page> {
    let mut sheet = Sheet::new(100.0, 20.0, DPI);
    let mut column = Column { left: 5.0, width: 90.0, top: 6.0 };
    sheet.paragraph(&mut column, Style::new(Face::Serif, 14.0), text)?;
    Ok(sheet.finish())
}

/// A sheet of A2 in small print: no machine reads it in a second.
///
/// # Errors
/// When it is too small for its text.
pub fn poster() -> Result<Page> {
    let mut sheet = Sheet::new(420.0, 594.0, 300.0);
    for number in 0..4_u8 {
        let mut column = Column { left: 10.0 + 100.0 * f32::from(number), width: 95.0, top: 10.0 };
        let text = prose(passage("eng"), 120, number.into());
        sheet.paragraph(&mut column, Style::new(Face::Serif, 8.0), &text)?;
    }
    Ok(sheet.finish())
}
