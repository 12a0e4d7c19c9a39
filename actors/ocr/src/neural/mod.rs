//! Running models: ONNX files, thread pools, and the scaling of images that they look at.

mod model;
pub(crate) mod onnx;
mod resize;
mod threads;

pub(crate) use model::{Model, bad_model, read_bytes, read_text};
pub(crate) use resize::{ScaleError, resize};
pub(crate) use threads::Pools;
