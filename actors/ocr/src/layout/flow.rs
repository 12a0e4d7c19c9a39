//! Which lines of a block are one running text, broken only where the column ended, and which stand for themselves.

use super::cells::cells;
use super::frame::{Item, Level};
use super::hyphenation::parts_a_word;
use crate::page::{Block, BlockKind, Line};

/// The white after a line, in line heights beyond the width of the next word, that still counts as none: lines are set
/// ragged, and boxes are not exact.
const SLACK: f32 = 0.5;
/// The edge is that of this many lines before and after: text flows around pictures.
const AROUND: usize = 2;
/// A line with this many characters may go on in a line that starts with a capital.
const LONG: usize = 28;

/// The lines of a block, grouped: those of a group are one running text. In forms, addresses and receipts, most lines are
/// groups of their own; headings, list items and footnotes are one group.
#[must_use]
pub fn running(block: &Block) -> Vec<&[Line]> {
    let level = Level::of(&block.lines);
    let items: Vec<Item> = block.lines.iter().map(|line| level.line(line)).collect();
    let edge = |index: usize| {
        let near = &items[index.saturating_sub(AROUND)..(index + AROUND + 1).min(items.len())];
        near.iter().map(|item| item.right).fold(f32::MIN, f32::max)
    };
    let mut rest = block.lines.as_slice();
    let mut groups = Vec::new();
    for index in 1..block.lines.len() {
        let runs_on = match block.kind {
            BlockKind::Heading(_) | BlockKind::ListItem | BlockKind::Footnote => true,
            BlockKind::Table => false,
            BlockKind::Paragraph | BlockKind::Margin => {
                runs_on(&items[index - 1], edge(index - 1), &block.lines[index - 1], &block.lines[index])
            }
        };
        if !runs_on {
            let (group, left) = rest.split_at(index - (block.lines.len() - rest.len()));
            groups.push(group);
            rest = left;
        }
    }
    groups.push(rest);
    groups
}

/// Whether a line ends only because the next word would not fit before the edge.
fn runs_on(item: &Item, edge: f32, line: &Line, next: &Line) -> bool {
    let (text, next_text) = (line.text(), next.text());
    if cells(line).len() > 1 || cells(next).len() > 1 {
        return false;
    }
    if parts_a_word(&text, &next_text) {
        return true;
    }
    let letter = item.width() / item.letters.max(1) as f32;
    let word = next.words.first().map_or(0, |word| word.text.chars().count());
    let is_full = edge - item.right < letter * (word + 1) as f32 + SLACK * item.height();
    is_full && (item.letters >= LONG || next_text.starts_with(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{line, row};
    use super::*;

    fn sizes(kind: BlockKind, lines: Vec<Line>) -> Vec<usize> {
        let block = Block::of(lines).map(|block| Block { kind, ..block });
        block.iter().flat_map(running).map(<[Line]>::len).collect()
    }

    #[test]
    fn running_text_runs_on() {
        let prose = vec![
            line(0, 0, "It was the best of times, it was the worst of"),
            line(0, 25, "times, it was the age of wisdom. It was the"),
            line(0, 50, "Foolish age."),
            line(0, 75, "Everything was before us, nothing was before us"),
        ];
        assert_eq!(sizes(BlockKind::Paragraph, prose), [3, 1]);
    }

    #[test]
    fn addresses_and_rows_stand_for_themselves() {
        let address = vec![line(0, 0, "Data Ltd"), line(0, 25, "27 Dedap Lane"), line(0, 50, "Johor Jaya")];
        assert_eq!(sizes(BlockKind::Paragraph, address.clone()), [1, 1, 1]);
        assert_eq!(sizes(BlockKind::Heading(1), address), [3]);
        let receipt = vec![
            row(0, &[(0, "a-long-name-of-a-thing-to-buy-here"), (500, "1.00")]),
            row(25, &[(0, "another"), (500, "2.00")]),
        ];
        assert_eq!(sizes(BlockKind::Paragraph, receipt), [1, 1]);
    }

    #[test]
    fn a_parted_word_runs_on_anyway() {
        assert_eq!(
            sizes(BlockKind::Paragraph, vec![line(0, 0, "an exam-"), line(0, 25, "ple"), line(0, 50, "B")]),
            [2, 1]
        );
    }
}
