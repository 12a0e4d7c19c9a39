//! Getting a page ready to be read: which way up it is (`orientation`), whether its lines slope (`skew`), whether its ink
//! is faint (`contrast`). `placement` turns it, and brings what was read back to where it is on the page as it came.

mod contrast;
mod orientation;
mod placement;
mod skew;

pub use contrast::raise_contrast;
pub use orientation::Orientation;
pub use placement::{Placement, Quarter};
pub use skew::skew;
