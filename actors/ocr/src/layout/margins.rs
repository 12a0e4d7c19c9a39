//! Running heads and page numbers: single rows at the top and bottom of a page, clear of its text. They are taken off
//! first, for they would end up within the columns that they stand over.

use super::frame::{Item, median_height};

/// How far from the text, in line heights, a row must be.
const CLEARANCE: f32 = 0.8;
/// How high, in line heights, it may be.
const ROW: f32 = 1.8;
/// How many rows are taken off at each end.
const ROWS: usize = 2;

/// A page in three parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Margins {
    /// Rows at the top, from the uppermost.
    pub(super) head: Vec<Vec<usize>>,
    /// The rest.
    pub(super) body: Vec<usize>,
    /// Rows at the bottom, the lowest last.
    pub(super) foot: Vec<Vec<usize>>,
}

/// Takes the margins off a page.
pub(super) fn margins(items: &[Item]) -> Margins {
    let height = median_height(items.iter().copied());
    let mut bands = bands(items);
    let mut margins = Margins::default();
    let clear = |outer: &Band, inner: &Band| {
        let gap = (inner.top - outer.bottom).max(outer.top - inner.bottom);
        gap >= CLEARANCE * height && outer.bottom - outer.top <= ROW * height
    };
    while margins.head.len() < ROWS && bands.len() > 2 && clear(&bands[0], &bands[1]) {
        margins.head.push(bands.remove(0).items);
    }
    while margins.foot.len() < ROWS && bands.len() > 2 && clear(&bands[bands.len() - 1], &bands[bands.len() - 2]) {
        margins.foot.extend(bands.pop().map(|band| band.items));
    }
    margins.foot.reverse();
    margins.body = bands.into_iter().flat_map(|band| band.items).collect();
    margins
}

/// What overlaps in height.
#[derive(Debug)]
struct Band {
    top: f32,
    bottom: f32,
    items: Vec<usize>,
}

/// The page cut at all of its horizontal gaps, however small.
fn bands(items: &[Item]) -> Vec<Band> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|&a, &b| items[a].top.total_cmp(&items[b].top).then(a.cmp(&b)));
    let mut bands: Vec<Band> = Vec::new();
    for index in order {
        let Item { top, bottom, .. } = items[index];
        match bands.last_mut().filter(|band| top < band.bottom) {
            Some(band) => {
                band.bottom = band.bottom.max(bottom);
                band.items.push(index);
            }
            None => bands.push(Band { top, bottom, items: vec![index] }),
        }
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: &[(f32, f32)]) -> Vec<Item> {
        rows.iter().map(|&(top, bottom)| Item { left: 0.0, top, right: 100.0, bottom, letters: 9 }).collect()
    }

    #[test]
    fn rows_clear_of_the_text_are_taken_off() {
        let found =
            margins(&page(&[(0.0, 10.0), (30.0, 40.0), (42.0, 52.0), (54.0, 64.0), (80.0, 90.0), (100.0, 110.0)]));
        assert_eq!(found, Margins { head: vec![vec![0]], body: vec![1, 2, 3], foot: vec![vec![4], vec![5]] });
    }

    #[test]
    fn text_set_close_has_no_margins() {
        let found = margins(&page(&[(0.0, 10.0), (12.0, 22.0), (24.0, 34.0)]));
        assert_eq!(found, Margins { body: vec![0, 1, 2], ..Margins::default() });
        assert_eq!(margins(&[]), Margins::default());
    }
}
