//! Reading order: from the lines that an engine found, in any order, to blocks as a person reads them.
//!
//! Pure geometry in steps: `frame` turns the page so that its text is level, `order` cuts it into zones along
//! `margins` and `gutter`s (a recursive XY-cut whose vertical cuts are gutters between columns of prose, and may
//! have spanning headings above and below and islands within), `rows` joins what stands side by side within a zone,
//! so that forms and receipts keep their visual rows, and `paragraphs` parts the rows into blocks.

mod arrange;
mod cells;
mod flow;
mod frame;
mod gutter;
mod hyphenation;
mod margins;
mod order;
mod paragraphs;
mod rows;

pub use arrange::arrange;
pub use cells::cells;
pub use flow::running;
pub use hyphenation::join_lines;

#[cfg(test)]
mod tests;
