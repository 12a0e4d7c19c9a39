//! Running models: ONNX files (`wire`, `onnx`, `graph`), what executes them (`model`, `depthwise`, `threads`), and the
//! scaling of the images that they look at (`resize`).

mod depthwise;
mod graph;
mod model;
pub(crate) mod onnx;
mod resize;
mod threads;
mod wire;

pub(crate) use model::{Model, bad_model, read_bytes, read_text};
pub(crate) use resize::{ScaleError, resize};
pub(crate) use threads::Pools;
