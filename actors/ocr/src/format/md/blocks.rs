//! The blocks of a page as Markdown.

use super::escape;
use crate::layout::{self, Marker};
use crate::page::{Block, BlockKind, Line, Word};

/// The blocks, an empty line between them; none between the items of a list.
pub(super) fn markdown(blocks: &[Block]) -> String {
    let mut text = String::new();
    let mut last: Option<Marker> = None;
    let mut rest = blocks;
    while let Some(first) = rest.first() {
        let (passage, after) =
            rest.split_at(1 + rest.windows(2).take_while(|pair| layout::goes_on(&pair[0], &pair[1])).count());
        let marker = marker(first);
        if !text.is_empty() {
            text.push_str(between(last, marker));
        }
        text.push_str(&one(first, passage));
        text.push('\n');
        last = marker;
        rest = after;
    }
    text
}

/// What an item of a list begins with; `None` of anything else.
fn marker(block: &Block) -> Option<Marker> {
    let first = block.lines.first().filter(|_| block.kind == BlockKind::ListItem)?;
    Some(Marker::split(&first.text()).map_or(Marker::Bullet('-'), |(marker, _)| marker))
}

/// What stands between two blocks that begin with these markers. Markdown numbers the items of a list in a row whatever
/// their numbers are, so a comment that is not shown has to part two lists.
fn between(last: Option<Marker>, next: Option<Marker>) -> &'static str {
    match (last, next) {
        (Some(Marker::Number(..)), Some(next @ Marker::Number(..))) if last.is_some_and(|last| next.follows(last)) => {
            ""
        }
        (Some(Marker::Number(..)), Some(Marker::Number(..))) => "\n<!-- -->\n\n",
        (Some(last), Some(next)) if is_numbered(last) == is_numbered(next) => "",
        _ => "\n",
    }
}

fn is_numbered(marker: Marker) -> bool {
    matches!(marker, Marker::Number(..))
}

/// A block, or a paragraph and the blocks that it goes on in.
fn one(block: &Block, passage: &[Block]) -> String {
    match block.kind {
        BlockKind::Heading(level) => {
            format!("{} {}", "#".repeat(level.clamp(1, 6).into()), heading(&joined(&block.lines)))
        }
        BlockKind::ListItem => item(&joined(&block.lines)),
        BlockKind::Table => table(&block.lines),
        BlockKind::Paragraph | BlockKind::Footnote | BlockKind::Margin => paragraph(passage),
    }
}

/// An item of a list: a bullet becomes Markdown's, a number stays, and any other marker is a part of the text.
fn item(text: &str) -> String {
    match Marker::split(text) {
        Some((Marker::Bullet(_), rest)) => format!("- {}", escape::line(rest)),
        Some((Marker::Number(number, close), rest)) => format!("{number}{close} {}", escape::line(rest)),
        _ => format!("- {}", escape::line(text)),
    }
}

/// A table whose first row is its header.
fn table(lines: &[Line]) -> String {
    let row = |cells: Vec<&[Word]>| format!("| {} |", cells.into_iter().map(cell).collect::<Vec<_>>().join(" | "));
    let grid = layout::grid(lines);
    let columns = grid.first().map_or(0, Vec::len);
    let mut rows: Vec<String> = grid.into_iter().map(row).collect();
    rows.insert(1.min(rows.len()), format!("|{}", " --- |".repeat(columns)));
    rows.join("\n")
}

fn cell(words: &[Word]) -> String {
    escape::inline(&words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "))
}

/// The running texts of a passage, each on a line.
fn paragraph(passage: &[Block]) -> String {
    let mut texts: Vec<Vec<&Line>> = Vec::new();
    for block in passage {
        let mut running = layout::running(block).into_iter();
        match texts.last_mut() {
            Some(last) => last.extend(running.next().into_iter().flatten()),
            None => texts.extend(running.next().map(|lines| lines.iter().collect())),
        }
        texts.extend(running.map(|lines| lines.iter().collect()));
    }
    texts.into_iter().map(|lines| escape::line(&joined(lines))).collect::<Vec<_>>().join("\\\n")
}

/// The text of a heading: number signs at its end would be taken for its closing mark.
fn heading(text: &str) -> String {
    let body = text.trim_end_matches('#');
    format!("{}{}", escape::inline(body), "\\#".repeat(text.len() - body.len()))
}

fn joined<'a>(lines: impl IntoIterator<Item = &'a Line>) -> String {
    let lines: Vec<String> = lines.into_iter().map(Line::text).collect();
    layout::join_lines(lines.iter().map(String::as_str))
}
