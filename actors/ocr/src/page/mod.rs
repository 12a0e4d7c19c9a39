//! The page model: what an engine reads off a page, in reading order, in the page's own pixels. All result formats are
//! written from it, and it crosses the process boundary as JSON.

mod confidence;
mod geometry;
mod model;

pub use confidence::Confidence;
pub use geometry::{Point, Quad, Rect};
pub use model::{Block, BlockKind, Char, Line, Page, Word};
