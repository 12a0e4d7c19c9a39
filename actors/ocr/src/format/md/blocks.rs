//! The blocks of a page as Markdown.

use super::escape;
use crate::layout;
use crate::page::{Block, BlockKind, Line};

/// The blocks, an empty line between them.
pub(super) fn markdown(blocks: &[Block]) -> String {
    blocks.iter().map(|block| one(block) + "\n").collect::<Vec<_>>().join("\n")
}

fn one(block: &Block) -> String {
    match block.kind {
        BlockKind::Heading(level) => {
            format!("{} {}", "#".repeat(level.clamp(1, 6).into()), heading(&joined(&block.lines)))
        }
        _ => paragraph(block),
    }
}

/// The running texts of a block, each on a line.
fn paragraph(block: &Block) -> String {
    let lines = layout::running(block).into_iter().map(|lines| escape::line(&joined(lines)));
    lines.collect::<Vec<_>>().join("\\\n")
}

/// The text of a heading: number signs at its end would be taken for its closing mark.
fn heading(text: &str) -> String {
    let body = text.trim_end_matches('#');
    format!("{}{}", escape::inline(body), "\\#".repeat(text.len() - body.len()))
}

fn joined(lines: &[Line]) -> String {
    let lines: Vec<String> = lines.iter().map(Line::text).collect();
    layout::join_lines(lines.iter().map(String::as_str))
}
