//! What a block is called in the formats of libraries, which tell running heads, feet and page numbers apart.

use crate::page::{Block, BlockKind, Page};

/// What a block is to the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Paragraph,
    /// With its rank on the page, from 1.
    Heading(u8),
    ListItem,
    Table,
    Footnote,
    /// A running head.
    Header,
    /// What stands below the text.
    Footer,
    PageNumber,
}

impl Role {
    /// The role of a block of that page.
    pub(super) fn of(block: &Block, page: &Page) -> Self {
        match block.kind {
            BlockKind::Paragraph => Self::Paragraph,
            BlockKind::Heading(rank) => Self::Heading(rank),
            BlockKind::ListItem => Self::ListItem,
            BlockKind::Table => Self::Table,
            BlockKind::Footnote => Self::Footnote,
            BlockKind::Margin if is_page_number(&block.text()) => Self::PageNumber,
            BlockKind::Margin if is_in_upper_half(block, page) => Self::Header,
            BlockKind::Margin => Self::Footer,
        }
    }

    /// A name for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Paragraph => "paragraph",
            Self::Heading(_) => "heading",
            Self::ListItem => "list-item",
            Self::Table => "table",
            Self::Footnote => "footnote",
            Self::Header => "header",
            Self::Footer => "footer",
            Self::PageNumber => "page-number",
        }
    }
}

fn is_in_upper_half(block: &Block, page: &Page) -> bool {
    i64::from(block.bounds.top) + i64::from(block.bounds.bottom) < i64::from(page.height)
}

/// Whether it is one number, Arabic or Roman, perhaps between dashes or the like: `12`, `- 12 -`, `xiv.`
fn is_page_number(text: &str) -> bool {
    let mut parts = text.split(|char: char| !char.is_alphanumeric()).filter(|part| !part.is_empty());
    let (Some(number), None) = (parts.next(), parts.next()) else { return false };
    let is_roman = |char: char| "ivxlc".contains(char.to_ascii_lowercase());
    number.chars().all(char::is_numeric) || number.chars().all(is_roman)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Char, Confidence, Line, Rect, Word};

    fn margin(text: &str, top: i32) -> Option<Role> {
        let char = |(x, text): (i32, &str)| Char {
            text: text.into(),
            quad: Rect::from([x * 9, top, x * 9 + 8, top + 10]).into(),
            confidence: Confidence::new(1.0),
        };
        let words = (0..).zip(text.split(' ')).map(|part| Word::of(vec![char(part)])).collect::<Option<_>>()?;
        let block = Block { kind: BlockKind::Margin, ..Block::of(vec![Line::of(words)?])? };
        Some(Role::of(&block, &Page { width: 100, height: 100, blocks: Vec::new() }))
    }

    #[test]
    fn margins_are_heads_feet_or_page_numbers() {
        for number in ["12", "- 12 -", "xiv.", "[C]", "١٢"] {
            assert_eq!(margin(number, 80), Some(Role::PageNumber), "{number}");
        }
        for text in ["12 Voyage", "vivid", "1 2", "..."] {
            assert_eq!(margin(text, 5), Some(Role::Header), "{text}");
            assert_eq!(margin(text, 80), Some(Role::Footer), "{text}");
        }
    }
}
