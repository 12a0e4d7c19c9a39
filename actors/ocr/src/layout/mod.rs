//! Reading order and structure: from the lines that an engine found, in any order, to blocks as a person reads them.
//!
//! Pure geometry in steps: `frame` turns the page so that its text is level (and `curl` flattens it), `order` cuts it into zones along
//! `margins` and `gutter`s (a recursive XY-cut whose vertical cuts are gutters between columns of prose, and may
//! have spanning headings above and below and islands within), `rows` joins what stands side by side within a zone,
//! so that forms and receipts keep their visual rows, and `sections` parts the rows into `tables`, items of `lists` and
//! `paragraphs`. Then, with a `look` at the page as a whole, `running_heads`, `headings` and `footnotes` tell what else
//! there is. They are careful: a paragraph that should be a heading does less harm than a heading that should not.
//!
//! What the writers of text need is here as well: the `cells` of a row and the `grid` of a table, which lines are one
//! running text (`flow`), and how to join them (`hyphenation`).

mod arrange;
mod cells;
mod curl;
mod draft;
mod flow;
mod footnotes;
mod frame;
mod grid;
mod gutter;
mod headings;
mod hyphenation;
mod lists;
mod look;
mod margins;
mod marker;
mod order;
mod paragraphs;
mod row;
mod rows;
mod running_heads;
mod sections;
mod tables;

pub use arrange::arrange;
pub use cells::cells;
pub use flow::{goes_on, running};
pub use grid::grid;
pub use hyphenation::join_lines;
pub use marker::Marker;

#[cfg(test)]
mod tests;
