//! What an OCR worker runs, synchronously: decode or render a page, find and read its text, put it in reading order,
//! write the result formats.

pub mod converter;
pub mod engine;
pub mod format;
pub mod input;
pub mod languages;
pub mod layout;
pub mod models;
mod neural;
pub mod page;
pub mod page_ranges;
pub mod params;
pub(crate) mod pdf;
pub mod prepare;
pub mod reader;
pub mod reading;
pub mod settings;
