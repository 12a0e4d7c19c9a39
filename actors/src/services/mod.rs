//! The conversion services, one file each. They are named in [`crate::registry`].

mod ocr;

pub(crate) use ocr::Ocr;
