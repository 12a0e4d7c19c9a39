//! Footnotes: paragraphs at the foot of a column of prose, the first of which begins with a mark. If that is a star or a
//! dagger they may be as large as the text, otherwise they are in smaller type. They are read after all else on the page but
//! what stands in its lower margin.

use super::draft::Draft;
use super::look::Look;
use super::order::Place;
use crate::page::BlockKind;

/// The rows of a footnote with a number are at most this many times as high as usual,
const SMALLER: f32 = 0.9;
/// those of one with a star at most this many times.
const NOT_LARGER: f32 = 1.2;
/// They are in this lower part of the page.
const LOWER: f32 = 0.5;

/// Marks the footnotes and moves them to the end.
pub(super) fn footnotes_last(drafts: Vec<Draft>, look: &Look) -> Vec<Draft> {
    let mut drafts = parted(drafts, look);
    drafts.sort_by_key(|draft| match (draft.kind, draft.place) {
        (BlockKind::Footnote, _) => 1,
        (BlockKind::Margin, Place::Foot) => 2,
        _ => 0,
    });
    drafts
}

/// The blocks, with the footnotes marked and each on its own.
fn parted(drafts: Vec<Draft>, look: &Look) -> Vec<Draft> {
    let notes = notes(&drafts, look);
    let mut parted: Vec<Draft> = Vec::new();
    for (draft, is_note) in drafts.into_iter().zip(notes) {
        if !is_note {
            parted.push(draft);
            continue;
        }
        let Draft { place, zone, rows, .. } = draft;
        for (index, row) in rows.into_iter().enumerate() {
            let text = row.line.text();
            let starts = has_mark(&text) || index == 0 && !text.starts_with(char::is_lowercase);
            match parted.last_mut().filter(|last| !starts && last.kind == BlockKind::Footnote) {
                Some(note) => note.rows.push(row),
                None => parted.push(Draft { kind: BlockKind::Footnote, place, zone, rows: vec![row] }),
            }
        }
    }
    parted
}

/// Which blocks are footnotes: at the end of each zone of the text, from the first with a mark on.
fn notes(drafts: &[Draft], look: &Look) -> Vec<bool> {
    let mut notes = vec![false; drafts.len()];
    let mut end = drafts.len();
    while look.is_prose && end > 0 {
        let start =
            drafts[..end].iter().rposition(|draft| draft.zone != drafts[end - 1].zone).map_or(0, |last| last + 1);
        if let Some(first) = first_note(&drafts[start..end], look) {
            notes[start + first..end].fill(true);
        }
        end = start;
    }
    notes
}

/// The first footnote of a zone, after which there is nothing else.
fn first_note(zone: &[Draft], look: &Look) -> Option<usize> {
    let limit = look.top + LOWER * (look.bottom - look.top);
    (0..zone.len()).find(|&first| {
        let text = zone[first].text();
        let height = look.height * if has_star(&text) { NOT_LARGER } else { SMALLER };
        let is_note = |draft: &Draft| {
            matches!(draft.kind, BlockKind::Paragraph | BlockKind::ListItem)
                && draft.height() <= height
                && draft.rows.iter().all(|row| row.shape.top >= limit)
        };
        zone[first].is_paragraph() && has_mark(&text) && zone[first..].iter().all(is_note)
    })
}

/// Whether a text begins with a sign that hardly anything but a footnote begins with.
fn has_star(text: &str) -> bool {
    text.starts_with(['*', '†', '‡']) && has_mark(text)
}

/// Whether a text begins like a footnote: with a sign, or with a number, a letter or a star that is set off.
fn has_mark(text: &str) -> bool {
    let rest = text.trim_start_matches(['(', '[']);
    let Some(first) = rest.chars().next() else { return false };
    let after = |mark: fn(char) -> bool| rest.trim_start_matches(mark);
    match first {
        '†' | '‡' | '§' | '¶' | '¹' | '²' | '³' | '⁴'..='⁹' => true,
        '*' => after(|c| c == '*').contains(char::is_alphabetic),
        '0'..='9' => {
            let rest = after(|c| c.is_ascii_digit());
            text.len() - rest.len() <= 3 && rest.starts_with([')', ']', '.', ' ']) && rest.contains(char::is_alphabetic)
        }
        'a'..='z' => rest[1..].starts_with(')') && rest[1..].contains(char::is_alphabetic),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        for text in
            ["* See above.", "*) Siehe oben.", "**) oben", "1) See", "12 Ibid.", "(3) See", "† See", "a) oben", "¹ See"]
        {
            assert!(has_mark(text), "{text}");
        }
        for text in ["", "See", "1990 was", "3.50", "* * *", "17", "a) "] {
            assert!(!has_mark(text), "{text}");
        }
    }
}
