//! The page that the README's first command reads.

use anyhow::Result;

use super::{Column, Face, Page, Sheet, Style};

const INTRODUCTION: &str = "Between March and October 2025 the municipal archive of Saint-Élier scanned the papers that \
    the flood of 1931 had spared: minutes of the council, letters, building plans and the account books of three \
    mills. Most of it had never been copied. The work was done by four people, two of them volunteers, in a former \
    café opposite the town hall.";

const METHOD: &str = "Every sheet was laid flat, weighed down with glass and photographed at 400 dpi. Damaged leaves, \
    about one in nine, went to Zoë Müller, who mended them with Japanese paper and wheat paste before anybody else \
    touched them. Names were left as they were written, even where the same clerk spelt a neighbour Lefèvre on \
    Monday and Lefebvre on Thursday.";

const RESULT: &str = "What a visitor notices first is how ordinary the past looks once it can be searched. The word \
    \"fromage\" occurs 218 times, \"révolution\" only 14. A complaint about noisy geese runs through eleven years of \
    minutes; it was settled in 1887, for 6.50 francs, and never mentioned again.";

/// Kind, boxes, pages, share that was read without correction.
const TABLE: [[&str; 4]; 5] = [
    ["Council minutes", "64", "18,240", "98.7 %"],
    ["Letters", "112", "41,905", "93.1 %"],
    ["Building plans", "23", "1,376", "88.4 %"],
    ["Account books", "31", "12,660", "96.2 %"],
    ["Total", "230", "74,181", "94.9 %"],
];

const CLOSING: &str = "Readers may order copies at the desk or by post. Please give the shelf mark, for example \
    SE-7/1894-b, and the number of the page. There is no charge for up to twenty pages.";

/// An A4 page at 200 dpi: a heading, paragraphs with accents and figures, and a small table.
///
/// # Errors
/// When it does not fit on the sheet.
pub fn example() -> Result<Page> {
    let mut sheet = Sheet::a4(200.0);
    let mut column = Column { left: 27.0, width: 156.0, top: 28.0 };
    let body = Style { leading: 1.5, ..Style::new(Face::Serif, 13.0).justified() };
    sheet.paragraph(&mut column, Style::new(Face::SerifBold, 27.0), "Seventy-four thousand pages")?;
    column.top += 1.0;
    sheet.paragraph(&mut column, Style::new(Face::SerifItalic, 15.0), "A report from the archive of Saint-Élier")?;
    column.top += 5.0;
    sheet.rule(&mut column, 0.4);
    column.top += 7.0;
    for text in [INTRODUCTION, METHOD, RESULT] {
        sheet.paragraph(&mut column, body, text)?;
        column.top += 4.0;
    }
    table(&mut sheet, &mut column)?;
    sheet.paragraph(&mut column, body, CLOSING)?;
    Ok(sheet.finish())
}

fn table(sheet: &mut Sheet, column: &mut Column) -> Result<()> {
    const STOPS: [f32; 4] = [0.0, 62.0, 92.0, 126.0];
    let cells = |row: [&'static str; 4]| STOPS.into_iter().zip(row).collect::<Vec<_>>();
    let style = |face| Style { leading: 1.55, ..Style::new(face, 13.0) };
    column.top += 3.0;
    sheet.row(column, style(Face::SerifBold), &cells(["Kind", "Boxes", "Pages", "Read at once"]))?;
    column.top += 1.0;
    sheet.rule(column, 0.2);
    column.top += 1.5;
    for row in TABLE {
        sheet.row(column, style(Face::Serif), &cells(row))?;
    }
    column.top += 1.5;
    sheet.rule(column, 0.2);
    column.top += 6.0;
    Ok(())
}
