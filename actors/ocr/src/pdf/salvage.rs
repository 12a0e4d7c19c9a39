//! A clean document with the pages of one that can't be built upon: encrypted, or so damaged that it had to be repaired.
//!
//! What is drawn is kept, page by page; what belongs to the document is not: outlines, forms, links, tags.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro::hayro_syntax::Pdf;
use hayro_write::{ExtractionQuery, extract};
use pdf_writer::{Ref, Settings};

/// Copies the pages; the error says why that can't be.
pub(super) fn salvage(original: &Pdf) -> Result<Vec<u8>, &'static str> {
    // The copier panics on objects that its author did not think of.
    catch_unwind(AssertUnwindSafe(|| copy(original))).unwrap_or(Err("its pages can't be copied"))
}

fn copy(original: &Pdf) -> Result<Vec<u8>, &'static str> {
    let settings = Settings { pretty: false };
    let queries: Vec<_> = (0..original.pages().len()).map(ExtractionQuery::new_page).collect();
    let mut next = Ref::new(1);
    let catalogue = next.bump();
    let copied = extract(original, Box::new(|| next.bump()), settings, &queries).map_err(|_| "a page is missing")?;
    let pages: Vec<Ref> = copied.root_refs.into_iter().collect::<Result<_, _>>().map_err(|_| "a page is missing")?;
    let mut document = pdf_writer::Pdf::with_settings(settings);
    document.catalog(catalogue).pages(copied.page_tree_parent_ref);
    let count = i32::try_from(pages.len()).map_err(|_| "it has too many pages")?;
    document.pages(copied.page_tree_parent_ref).kids(pages).count(count);
    document.extend(&copied.chunk);
    Ok(document.finish())
}
