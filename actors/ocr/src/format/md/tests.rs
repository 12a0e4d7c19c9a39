//! Pages as Markdown, against documents written out by hand and a reader of Markdown.

use std::error::Error;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::Md;
use super::blocks::markdown;
use crate::format::PageWriter;
use crate::page::{Block, BlockKind, Confidence, Line, Page, Rect, Word};
use crate::reading::{Preparation, Reading, TextSource};

/// A line of words at these places, 20 high, letters 10 wide.
fn row(top: i32, words: &[(i32, &str)]) -> Option<Line> {
    let word = |&(left, text): &(i32, &str)| {
        let right = left + 10 * i32::try_from(text.chars().count()).unwrap_or(0);
        let quad = Rect { left, top, right, bottom: top + 20 }.into();
        Word { text: text.into(), quad, confidence: Confidence::new(0.9), chars: Vec::new(), embedded: false }
    };
    Line::of(words.iter().map(word).collect())
}

fn line(top: i32, text: &str) -> Option<Line> {
    let mut left = 0;
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        words.push((left, word));
        left += 10 * (1 + i32::try_from(word.chars().count()).unwrap_or(0));
    }
    row(top, &words)
}

fn block(kind: BlockKind, lines: &[&str]) -> Block {
    let lines: Vec<Line> = (0..).zip(lines).filter_map(|(row, text)| line(25 * row, text)).collect();
    Block { kind, bounds: Rect::default(), lines }
}

fn of_kinds(blocks: &[(BlockKind, &[&str])]) -> String {
    markdown(&blocks.iter().map(|(kind, lines)| block(*kind, lines)).collect::<Vec<_>>())
}

/// What a reader sees of Markdown, without white space, with the numbers of lists.
fn shown(markdown: &str) -> String {
    let mut numbers: Vec<Option<u64>> = Vec::new();
    let mut shown = String::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::List(first)) => numbers.push(first),
            Event::Start(Tag::Item) => {
                if let Some(Some(number)) = numbers.last_mut() {
                    shown.push_str(&number.to_string());
                    shown.push('.');
                    *number += 1;
                }
            }
            Event::Text(text) => shown += &text,
            _ => {}
        }
    }
    shown.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn a_page_is_what_it_looks_like() {
    let page = of_kinds(&[
        (BlockKind::Heading(2), &["A mad", "tea-party #"]),
        (
            BlockKind::Paragraph,
            &[
                "There was a table set out under a",
                "tree in front of the house, and the March Hare and the Hat-",
                "ter.",
            ],
        ),
        (BlockKind::Paragraph, &["Data Ltd", "27 Lane"]),
        (BlockKind::ListItem, &["• one thing", "and more"]),
        (BlockKind::ListItem, &["• another"]),
        (BlockKind::ListItem, &["(a) letters"]),
        (BlockKind::Footnote, &["*) See", "above."]),
    ]);
    let expected = "\
## A mad tea-party \\#

There was a table set out under a\\
tree in front of the house, and the March Hare and the Hatter.

Data Ltd\\
27 Lane

- one thing and more
- another
- (a) letters

\\*) See above.
";
    assert_eq!(page, expected);
}

#[test]
fn a_paragraph_goes_on_in_the_next_column() {
    let text = of_kinds(&[
        (BlockKind::Paragraph, &["There was a table set out un-"]),
        (BlockKind::Paragraph, &["der a tree in front of the house"]),
        (BlockKind::Paragraph, &["and the Hatter.", "The End"]),
        (BlockKind::Paragraph, &["the end"]),
    ]);
    assert_eq!(
        text,
        "There was a table set out under a tree in front of the house and the Hatter.\\\nThe End\n\nthe end\n"
    );
}

#[test]
fn numbers_of_lists_stay() {
    let items = ["3. three", "4. four", "1. one", "2) two", "3) three"];
    let blocks: Vec<(BlockKind, &[&str])> =
        items.iter().map(|item| (BlockKind::ListItem, std::slice::from_ref(item))).collect();
    let text = of_kinds(&blocks);
    assert_eq!(text, "3. three\n4. four\n\n<!-- -->\n\n1. one\n\n<!-- -->\n\n2) two\n3) three\n");
    assert_eq!(shown(&text), "3.three4.four1.one2.two3.three");
}

#[test]
fn tables_have_columns() -> Result<(), Box<dyn Error>> {
    let rows = [row(0, &[(0, "Tea|milk"), (300, "3.50")]), row(25, &[(310, "2.00")]), row(50, &[(0, "a"), (300, "b")])];
    let lines: Option<Vec<Line>> = rows.into_iter().collect();
    let table = Block { kind: BlockKind::Table, bounds: Rect::default(), lines: lines.ok_or("no line")? };
    assert_eq!(markdown(&[table]), "| Tea\\|milk | 3.50 |\n| --- | --- |\n|  | 2.00 |\n| a | b |\n");
    Ok(())
}

#[test]
fn pages_are_parted_by_a_thematic_break() -> Result<(), Box<dyn Error>> {
    let page = |blocks| Reading {
        dpi: None,
        source: TextSource::Recognised,
        engine: None,
        preparation: Preparation::default(),
        page: Page { width: 100, height: 100, blocks },
    };
    let mut out = Vec::new();
    let mut writer = Box::new(Md::new(&mut out));
    writer.page(1, &page(vec![block(BlockKind::Paragraph, &["one"])]))?;
    writer.page(2, &page(Vec::new()))?;
    writer.page(3, &page(vec![block(BlockKind::Paragraph, &["three"])]))?;
    writer.finish()?;
    assert_eq!(String::from_utf8(out)?, "one\n\n---\n\n\n---\n\nthree\n");
    Ok(())
}

fn kind() -> impl Strategy<Value = BlockKind> {
    prop_oneof![
        Just(BlockKind::Paragraph),
        (1_u8..7).prop_map(BlockKind::Heading),
        Just(BlockKind::ListItem),
        Just(BlockKind::Table),
        Just(BlockKind::Footnote),
    ]
}

proptest! {
    #[test]
    fn all_text_is_shown_once(
        blocks in prop::collection::vec((kind(), prop::collection::vec("[-+*#>=_~`|:.)(0-9a<&;!\\\\\\[\\]]{1,5}( [-*#=|a1.]{1,3}){0,2}", 1..4)), 1..5)
    ) {
        let text = |(kind, lines): &(BlockKind, Vec<String>)| {
            // Hyphens at the ends of lines are another test's matter, and bullets are shown as Markdown's.
            let lines: Vec<String> = lines.iter().map(|line| format!("x{line} x")).collect();
            block(*kind, &lines.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let blocks: Vec<Block> = blocks.iter().map(text).collect();
        let read: String = blocks.iter().flat_map(|block| &block.lines).flat_map(|line| &line.words).map(|word| word.text.as_str()).collect();
        prop_assert_eq!(shown(&markdown(&blocks)), read);
    }
}
