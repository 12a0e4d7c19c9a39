//! Writing searchable PDF: the pages as they came, under invisible text that can be searched, selected and copied.
//!
//! A PDF is kept byte for byte, and what is new is appended to it (an incremental update, ISO 32000-1, 7.5.6:
//! `update`); if that can't be, its pages are first copied into a clean document (`salvage`). Images become a new
//! document of one page each (`album`). Either way objects are written as they come and forgotten (`objects`), so
//! that memory does not grow with the number of pages.

mod album;
mod archive;
mod font;
mod new_page;
mod objects;
mod own_page;
mod picture;
mod place;
mod raw;
mod salvage;
mod strip;
mod tail;
mod text_layer;
mod true_type;
mod update;

#[cfg(test)]
mod tests;

pub(crate) use album::Album;
pub(crate) use update::{Update, loses_more_than_pages};
