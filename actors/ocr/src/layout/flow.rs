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
/// In prose, at most one of this many characters is a capital or a digit.
const DATA: usize = 4;

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

/// Whether a paragraph goes on in the next block, which is in the next column, or after a picture: in the middle of a
/// sentence, with a small letter.
#[must_use]
pub fn goes_on(block: &Block, next: &Block) -> bool {
    let are_paragraphs = [block, next].iter().all(|block| block.kind == BlockKind::Paragraph);
    let (Some(line), Some(next)) = (block.lines.last().filter(|_| are_paragraphs), next.lines.first()) else {
        return false;
    };
    let (text, next_text) = (line.text(), next.text());
    let is_open = text.ends_with(|c: char| c.is_alphanumeric() || c == ',') && text.chars().count() >= LONG / 2;
    let is_prose = cells(line).len() == 1 && cells(next).len() == 1;
    is_prose && (parts_a_word(&text, &next_text) || is_open && next_text.starts_with(char::is_lowercase))
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
    let is_prose = item.letters >= LONG && !is_data(&text) && !is_data(&next_text);
    is_full && (is_prose || next_text.starts_with(char::is_lowercase))
}

/// Whether a line has more capitals and digits than prose has.
fn is_data(text: &str) -> bool {
    let (all, data) = text.chars().filter(|c| !c.is_whitespace()).fold((0_usize, 0_usize), |(all, data), c| {
        (all + 1, data + usize::from(c.is_uppercase() || c.is_ascii_digit()))
    });
    data * DATA > all
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
        let codes = ["23-01-2019 13:14:15 PM, PRINTED BY 12", "TOKEN NO 0, STATION A1 PID 17, POS 22"];
        assert_eq!(sizes(BlockKind::Paragraph, vec![line(0, 0, codes[0]), line(0, 25, codes[1])]), [1, 1]);
    }

    #[test]
    fn sentences_go_on_in_the_next_block() {
        let go_on = |last: &str, next: &str, kind: BlockKind| {
            let of = |text, kind| Block::of(vec![line(0, 0, text)]).map(|block| Block { kind, ..block });
            let (last, next) = (of(last, BlockKind::Paragraph), of(next, kind));
            last.zip(next).is_some_and(|(last, next)| goes_on(&last, &next))
        };
        assert!(go_on("that is how it should ex-", "plain this", BlockKind::Paragraph));
        assert!(go_on("and that is how it is,", "or should be", BlockKind::Paragraph));
        assert!(!go_on("and that is how it is.", "or should be", BlockKind::Paragraph));
        assert!(!go_on("and that is how it is", "Or should be", BlockKind::Paragraph));
        assert!(!go_on("and that is how it is", "or should be", BlockKind::Footnote));
        assert!(!go_on("a label", "its value", BlockKind::Paragraph));
    }

    #[test]
    fn a_parted_word_runs_on_anyway() {
        assert_eq!(
            sizes(BlockKind::Paragraph, vec![line(0, 0, "an exam-"), line(0, 25, "ple"), line(0, 50, "B")]),
            [2, 1]
        );
    }
}
