//! Files of all kinds, made here: sound ones decode to what they were made of, others are refused for what is wrong.

mod damage;
pub(crate) mod fixtures;
mod images;
mod pdfs;
mod tiffs;

use std::error::Error;

use d2d_api::ProblemCode;
use d2d_worker::Refusal;

use super::{Document, Limits, PageImage};

pub(super) type Outcome = Result<(), Box<dyn Error>>;

/// The bytes as a file, and what `look` sees in it.
pub(super) fn opened<T>(
    bytes: &[u8],
    limits: &Limits,
    look: impl FnOnce(&mut Document) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let failed = |error: std::io::Error| Refusal::new(ProblemCode::StorageFull, error.to_string());
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = folder.path().join("blob");
    std::fs::write(&path, bytes).map_err(failed)?;
    look(&mut Document::open(&path, "page.bin", limits)?)
}

/// A page of a file.
pub(super) fn page(bytes: &[u8], number: u32) -> Result<PageImage, Refusal> {
    with_page(bytes, number, &Limits::default())
}

pub(super) fn with_page(bytes: &[u8], number: u32, limits: &Limits) -> Result<PageImage, Refusal> {
    opened(bytes, limits, |document| document.page(number, Some(72)))
}

/// The code that a file is refused with, by its first page at the latest; `None` if it is not.
pub(super) fn refused(bytes: &[u8], limits: &Limits) -> Option<ProblemCode> {
    with_page(bytes, 1, limits).err().map(|refusal| refusal.code)
}
