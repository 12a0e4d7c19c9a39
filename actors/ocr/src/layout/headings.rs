//! Headings: short blocks in larger type, and on pages of prose single rows that stand alone before a paragraph, if they
//! are in capitals or are not sentences. Bold type cannot be told from the boxes of lines, whose heights are also not exact
//! enough to tell slightly larger type.

use super::draft::Draft;
use super::look::Look;
use crate::page::BlockKind;

/// A heading's rows are this many times higher than usual,
const LARGER: f32 = 1.35;
/// one that stands alone before a paragraph at least this many times as high,
const SMALLEST: f32 = 0.85;
/// and at most this many times as wide as the paragraph.
const SHORT: f32 = 0.6;
/// The heights of headings of the same rank differ at most by this factor.
const SAME: f32 = 1.25;
/// It has at most this many rows,
const ROWS: usize = 3;
/// from this many letters,
const FEWEST: usize = 3;
/// to this many,
const MOST: usize = 120;
/// and this part of its characters are letters.
const LETTERS: f32 = 0.75;
/// The page has this many times more letters than the heading.
const BODY: usize = 6;
/// The lowest rank that Markdown and HTML have.
const LOWEST: u8 = 6;

/// Marks them, with their ranks on the page.
pub(super) fn mark_headings(drafts: &mut [Draft], look: &Look) {
    let found: Vec<(usize, f32)> =
        (0..drafts.len()).filter_map(|index| Some((index, size(drafts, index, look)?))).collect();
    let mut sizes: Vec<f32> = found.iter().map(|(_, size)| *size).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let mut ranks: Vec<f32> = Vec::new();
    for size in sizes {
        if ranks.last().is_none_or(|last| size * SAME < *last) {
            ranks.push(size);
        }
    }
    for (index, size) in found {
        let rank = ranks.iter().filter(|largest| size <= **largest).count();
        drafts[index].kind = BlockKind::Heading(u8::try_from(rank).unwrap_or(LOWEST).clamp(1, LOWEST));
    }
}

/// The size of the type if the block is a heading.
fn size(drafts: &[Draft], index: usize, look: &Look) -> Option<f32> {
    let draft = &drafts[index];
    let height = draft.height();
    if !draft.is_paragraph() || !draft.is_unbroken() || !is_title(&draft.text(), draft.rows.len(), look) {
        return None;
    }
    if height >= LARGER * look.height {
        return Some(height);
    }
    let before = index.checked_sub(1).map(|last| &drafts[last]).filter(|last| last.zone == draft.zone);
    let after = drafts.get(index + 1).filter(|next| next.zone == draft.zone);
    let stands_alone = look.is_prose && height >= SMALLEST * look.height && stands_alone(before, draft, after?);
    stands_alone.then_some(look.height)
}

/// Whether a block is a row by itself before a paragraph that it is not the start of, nor the end of what is before it.
fn stands_alone(before: Option<&Draft>, draft: &Draft, after: &Draft) -> bool {
    let (text, next) = (draft.text(), after.text());
    let stands_before_text =
        draft.rows.len() == 1 && after.is_paragraph() && after.rows.len() > 1 && after.letters() > 2 * draft.letters();
    let width = |draft: &Draft| draft.rows.iter().map(|row| row.shape.width()).fold(0.0, f32::max);
    let is_phrase = text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
        && text.ends_with(char::is_alphanumeric)
        && next.starts_with(|c: char| !c.is_lowercase())
        && width(draft) <= SHORT * width(after)
        && before.is_none_or(|before| !before.is_paragraph() || ends_a_sentence(&before.text()));
    stands_before_text && (is_phrase || is_capital(&text))
}

fn ends_a_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', ':', '"', '”', '“', '»', ')'])
}

/// Whether a text is short and of words.
fn is_title(text: &str, rows: usize, look: &Look) -> bool {
    let characters = text.chars().filter(|c| !c.is_whitespace()).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    rows <= ROWS
        && (FEWEST..=MOST).contains(&letters)
        && letters as f32 >= LETTERS * characters as f32
        && BODY * characters <= look.letters
}

fn is_capital(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}
