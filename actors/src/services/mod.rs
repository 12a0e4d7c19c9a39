//! The conversion services, one file each. They are named in [`crate::registry`].

mod ocr;
mod schema;

pub(crate) use ocr::Ocr;
