//! The zones of a page in reading order: each is read row by row.

use super::frame::Item;
use super::gutter;
use super::margins::{Margins, margins};

/// Lines that are read row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Zone {
    /// The lines, in any order.
    pub(super) items: Vec<usize>,
    /// Where it is on the page.
    pub(super) place: Place,
}

/// Where a zone is on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A single row above the text, clear of it.
    Head,
    /// In the text.
    Body,
    /// A single row below the text, clear of it.
    Foot,
}

/// The zones: the rows above the text, what is left between the gutters, the rows below.
pub(super) fn zones(items: &[Item]) -> Vec<Zone> {
    let Margins { head, body, foot } = margins(items);
    let mut zones = Vec::new();
    cut(items, body, &mut zones);
    let at = |place| move |items| Zone { items, place };
    let body = zones.into_iter().map(at(Place::Body));
    head.into_iter().map(at(Place::Head)).chain(body).chain(foot.into_iter().map(at(Place::Foot))).collect()
}

/// Cuts a region at its clearest gutter, and the parts again; a region without one is a zone. What has been cut is read
/// from above, then the left, the right, what interrupts the gutter, and below.
fn cut(items: &[Item], region: Vec<usize>, zones: &mut Vec<Vec<usize>>) {
    let mut pending = vec![region];
    while let Some(region) = pending.pop() {
        match gutter::split(items, &region) {
            Some(split) => {
                // The one to read first goes on top.
                pending.extend([split.below, split.islands, split.right, split.left, split.above]);
            }
            None if region.is_empty() => {}
            None => zones.push(region),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of text 10 high, every 12, in a column.
    fn column(items: &mut Vec<Item>, left: f32, right: f32, top: f32, rows: u16) {
        items.extend((0..rows).map(|row| {
            let top = top + 12.0 * f32::from(row);
            Item { left, top, right, bottom: top + 10.0, letters: 30 }
        }));
    }

    fn sizes(items: &[Item]) -> Vec<(usize, usize)> {
        let zones = zones(items);
        zones.iter().map(|zone| (zone.items.iter().copied().min().unwrap_or(0), zone.items.len())).collect()
    }

    #[test]
    fn columns_are_read_one_after_the_other() {
        let mut items = Vec::new();
        column(&mut items, 430.0, 600.0, 100.0, 20);
        column(&mut items, 0.0, 190.0, 100.0, 20);
        column(&mut items, 210.0, 410.0, 106.0, 20);
        assert_eq!(sizes(&items), [(20, 20), (40, 20), (0, 20)]);
    }

    #[test]
    fn a_heading_over_all_columns_comes_before_them_and_parts_them() {
        let mut items = Vec::new();
        column(&mut items, 0.0, 410.0, 88.0, 1);
        column(&mut items, 0.0, 190.0, 100.0, 10);
        column(&mut items, 210.0, 410.0, 100.0, 10);
        column(&mut items, 0.0, 410.0, 220.0, 2);
        column(&mut items, 0.0, 190.0, 244.0, 10);
        column(&mut items, 210.0, 410.0, 244.0, 10);
        assert_eq!(sizes(&items), [(0, 1), (1, 10), (11, 10), (21, 2), (23, 10), (33, 10)]);
    }

    #[test]
    fn a_caption_between_columns_does_not_part_them() {
        let mut items = Vec::new();
        column(&mut items, 0.0, 190.0, 100.0, 10);
        column(&mut items, 0.0, 130.0, 220.0, 4);
        column(&mut items, 0.0, 190.0, 268.0, 10);
        column(&mut items, 210.0, 410.0, 100.0, 10);
        column(&mut items, 270.0, 410.0, 220.0, 4);
        column(&mut items, 210.0, 410.0, 268.0, 10);
        column(&mut items, 150.0, 250.0, 221.0, 4);
        assert_eq!(sizes(&items), [(0, 24), (24, 24), (48, 4)]);
    }

    #[test]
    fn a_third_column_that_starts_lower_is_no_caption() {
        let mut items = Vec::new();
        column(&mut items, 0.0, 295.0, 100.0, 10);
        column(&mut items, 315.0, 610.0, 100.0, 10);
        column(&mut items, 0.0, 190.0, 224.0, 10);
        column(&mut items, 210.0, 400.0, 224.0, 10);
        column(&mut items, 420.0, 610.0, 224.0, 10);
        assert_eq!(sizes(&items), [(0, 10), (10, 10), (20, 10), (30, 10), (40, 10)]);
    }

    #[test]
    fn a_page_number_is_no_part_of_a_column() {
        let mut items = Vec::new();
        column(&mut items, 0.0, 190.0, 100.0, 10);
        column(&mut items, 210.0, 410.0, 100.0, 10);
        column(&mut items, 5.0, 20.0, 260.0, 1);
        assert_eq!(sizes(&items), [(0, 10), (10, 10), (20, 1)]);
    }

    #[test]
    fn columns_need_not_end_together() {
        let mut items = Vec::new();
        column(&mut items, 0.0, 190.0, 100.0, 8);
        column(&mut items, 210.0, 400.0, 100.0, 4);
        column(&mut items, 420.0, 610.0, 100.0, 9);
        // A heading that is shorter than the lines is above a gap that is no gutter.
        column(&mut items, 0.0, 80.0, 86.0, 1);
        column(&mut items, 210.0, 290.0, 86.0, 1);
        items[6].right = 200.0;
        assert_eq!(sizes(&items), [(0, 9), (8, 5), (12, 9)]);
    }
}
