//! Gutters: the white between columns of prose. The gaps in forms, tables and receipts are not gutters: what stands
//! left and right of those belongs together.

use super::frame::{Item, median, median_height};

/// Widths and heights below are in line heights of the region.
///
/// A gutter is at least this wide.
const NARROWEST: f32 = 0.4;
/// The columns run beside each other at least this far.
const SHORTEST: f32 = 2.5;
/// The lines of a column have at least this many characters on average,
const LETTERS: usize = 16;
/// there are at least this many of them,
const LINES: usize = 4;
/// and they fill the column to this part.
const FILL: f32 = 0.55;
/// What interrupts a gutter has at most this part of the lines of the column with fewer.
const ISLANDS: f32 = 0.4;
/// Parts of what interrupts a gutter that are further apart than this are looked at one by one.
const ISLAND_GAP: f32 = 2.0;

/// A region cut at a gutter. Only `left` and `right` are never empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Split {
    /// What is higher than the columns.
    pub(super) above: Vec<usize>,
    /// The left column or columns.
    pub(super) left: Vec<usize>,
    /// The right column or columns.
    pub(super) right: Vec<usize>,
    /// What stands in the gutter with text on both sides, like the caption of a picture that both columns flow around.
    pub(super) islands: Vec<usize>,
    /// What is lower than the columns.
    pub(super) below: Vec<usize>,
}

/// Cuts a region at its clearest gutter: the one that runs along most text.
pub(super) fn split(items: &[Item], region: &[usize]) -> Option<Split> {
    let height = median_height(region.iter().map(|&index| items[index]));
    let region = Region { items, region, height };
    let bands = region.candidates().into_iter().flat_map(|x| region.bands(x));
    let best = bands
        .filter_map(|band| Some((region.length_along(&band)?, band)))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, band)| region.split(band))
}

/// The lines that are looked at.
#[derive(Clone, Copy)]
struct Region<'a> {
    items: &'a [Item],
    region: &'a [usize],
    height: f32,
}

/// A stretch of a vertical line at `x` that no spanning line crosses.
#[derive(Debug, Default)]
struct Band {
    top: f32,
    bottom: f32,
    left: Vec<usize>,
    right: Vec<usize>,
    islands: Vec<usize>,
}

impl Region<'_> {
    /// Where gutters may be: in the middle of each gap between neighbours in a row, leaving out what is nearly the same.
    fn candidates(&self) -> Vec<f32> {
        let mut candidates: Vec<f32> = self.region.iter().filter_map(|&index| self.gap_after(index)).collect();
        candidates.sort_by(f32::total_cmp);
        candidates.dedup_by(|next, last| *next - *last < 0.1 * self.height);
        candidates
    }

    /// The middle of the gap between a line and the next one to its right in the same row.
    fn gap_after(&self, index: usize) -> Option<f32> {
        let from = &self.items[index];
        let others = self.region.iter().filter(|&&other| other != index).map(|&other| &self.items[other]);
        let beside =
            others.filter(|other| f32::midpoint(other.left, other.right) > from.right && from.roughly_beside(other));
        let next = beside.map(|other| other.left).reduce(f32::min)?;
        (next - from.right >= NARROWEST * self.height).then(|| f32::midpoint(from.right, next))
    }

    /// The stretches of a vertical line between what spans it.
    fn bands(&self, x: f32) -> Vec<Band> {
        let (mut breaks, clusters) = self.crossing(x);
        let all = self.bands_between(x, &breaks);
        // What stands in the gutter does not end it if the gutter goes on above and below, between both columns.
        for cluster in clusters {
            let (top, bottom) = self.extent(&cluster);
            let goes_on = all.iter().any(|band| {
                let around = |side: &[usize]| {
                    let side = side.iter().map(|&index| self.items[index].middle());
                    side.clone().any(|y| y < top) && side.clone().any(|y| y > bottom)
                };
                band.top <= top && bottom <= band.bottom && around(&band.left) && around(&band.right)
            });
            if !goes_on {
                breaks.extend(cluster);
            }
        }
        self.bands_between(x, &breaks)
    }

    /// The lines that cross a vertical line: those that span it, and groups of those with neighbours on both sides.
    fn crossing(&self, x: f32) -> (Vec<usize>, Vec<Vec<usize>>) {
        let has_both_neighbours = |index: &usize| {
            let item = &self.items[*index];
            let beside = |other: &&usize| self.items[**other].roughly_beside(item);
            let mut neighbours = self.region.iter().filter(beside).map(|&other| &self.items[other]);
            neighbours.clone().any(|other| other.right <= item.left) && neighbours.any(|other| other.left >= item.right)
        };
        let crossing =
            self.region.iter().copied().filter(|&index| self.items[index].left < x && self.items[index].right > x);
        let (mut islands, spanning): (Vec<usize>, Vec<usize>) = crossing.partition(has_both_neighbours);
        islands.sort_by(|&a, &b| self.items[a].top.total_cmp(&self.items[b].top).then(a.cmp(&b)));
        let mut clusters: Vec<Vec<usize>> = Vec::new();
        for index in islands {
            let near =
                |cluster: &&mut Vec<usize>| self.items[index].top - self.extent(cluster).1 <= ISLAND_GAP * self.height;
            match clusters.last_mut().filter(near) {
                Some(cluster) => cluster.push(index),
                None => clusters.push(vec![index]),
            }
        }
        (spanning, clusters)
    }

    /// The stretches of a vertical line between these lines, with what is on each side of it. What is beside one of these
    /// lines is in none of them.
    fn bands_between(&self, x: f32, breaks: &[usize]) -> Vec<Band> {
        let mut spans: Vec<(f32, f32)> =
            breaks.iter().map(|&index| (self.items[index].top, self.items[index].bottom)).collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut bands = vec![Band { top: f32::MIN, bottom: f32::MAX, ..Band::default() }];
        for (top, bottom) in spans {
            if let Some(last) = bands.last_mut() {
                last.bottom = last.bottom.min(top);
                let top = last.top.max(bottom);
                bands.push(Band { top, bottom: f32::MAX, ..Band::default() });
            }
        }
        for &index in self.region.iter().filter(|index| !breaks.contains(index)) {
            let item = &self.items[index];
            let inside = |band: &&mut Band| (band.top..=band.bottom).contains(&item.middle());
            let Some(band) = bands.iter_mut().find(inside) else { continue };
            if item.right <= x {
                band.left.push(index);
            } else if item.left >= x {
                band.right.push(index);
            } else {
                band.islands.push(index);
            }
        }
        bands
    }

    /// How far two columns of prose run beside each other along a band; `None` if they don't.
    fn length_along(&self, band: &Band) -> Option<f32> {
        let inner_left = self.facing(&band.left, |item| item.right);
        let inner_right = self.facing(&band.right, |item| -item.left);
        let ((left_top, left_bottom), (right_top, right_bottom)) =
            (self.extent(&inner_left), self.extent(&inner_right));
        let length = left_bottom.min(right_bottom) - left_top.max(right_top);
        let edge = inner_left.iter().map(|&index| self.items[index].right).fold(f32::MIN, f32::max);
        let width = inner_right.iter().map(|&index| self.items[index].left).fold(f32::MAX, f32::min) - edge;
        #[allow(clippy::cast_precision_loss)] // Pages have fewer than 2^24 lines.
        let few_islands = band.islands.len() as f32 <= ISLANDS * inner_left.len().min(inner_right.len()) as f32;
        let is_gutter = width >= NARROWEST * self.height
            && length >= SHORTEST * self.height
            && few_islands
            && self.is_prose(&inner_left)
            && self.is_prose(&inner_right);
        is_gutter.then_some(length)
    }

    /// The column of one side that is next to the gutter: those with nothing of the same side between them and it, without
    /// what is further off where the column has ended. `nearness` grows towards the gutter.
    fn facing(&self, side: &[usize], nearness: fn(&Item) -> f32) -> Vec<usize> {
        let hidden = |item: &Item| {
            let mut others = side.iter().map(|&other| &self.items[other]);
            others.any(|other| {
                nearness(other) > nearness(item) && other.roughly_beside(item) && other.overlap(item) == 0.0
            })
        };
        let seen: Vec<usize> = side.iter().copied().filter(|&index| !hidden(&self.items[index])).collect();
        let Some(column) = self.nearest_long(&seen, nearness) else { return seen };
        let (near, far): (Vec<usize>, Vec<usize>) =
            seen.into_iter().partition(|&index| self.items[index].overlap(column) > 0.0);
        let (top, bottom) = self.extent(&near);
        let is_within = |index: &usize| (top..=bottom).contains(&self.items[*index].middle());
        near.iter().copied().chain(far.into_iter().filter(is_within)).collect()
    }

    /// Of the longer half of these, the one nearest to the gutter.
    fn nearest_long(&self, lines: &[usize], nearness: fn(&Item) -> f32) -> Option<&Item> {
        let items = || lines.iter().map(|&index| &self.items[index]);
        let width = median(items().map(Item::width).collect());
        items().filter(|item| item.width() >= width).max_by(|a, b| nearness(a).total_cmp(&nearness(b)))
    }

    /// Whether lines look like a column of running text: enough of them, long enough, and mostly full.
    #[allow(clippy::cast_precision_loss)] // Pages have fewer than 2^24 lines.
    fn is_prose(&self, lines: &[usize]) -> bool {
        let items = || lines.iter().map(|&index| &self.items[index]);
        let letters: usize = items().map(|item| item.letters).sum();
        let left = items().map(|item| item.left).fold(f32::MAX, f32::min);
        let right = items().map(|item| item.right).fold(f32::MIN, f32::max);
        let filled: f32 = items().map(Item::width).sum();
        lines.len() >= LINES && letters >= LETTERS * lines.len() && filled >= FILL * (right - left) * lines.len() as f32
    }

    fn extent(&self, of: &[usize]) -> (f32, f32) {
        let items = of.iter().map(|&index| &self.items[index]);
        items.fold((f32::MAX, f32::MIN), |(top, bottom), item| (top.min(item.top), bottom.max(item.bottom)))
    }

    /// The region, cut along a band.
    fn split(&self, band: Band) -> Split {
        let (tops, bottoms) = (self.extent(&band.left), self.extent(&band.right));
        let middle = f32::midpoint(tops.0.min(bottoms.0), tops.1.max(bottoms.1));
        let Band { left, right, islands, .. } = band;
        let inside = |index: &usize| left.contains(index) || right.contains(index) || islands.contains(index);
        let outside = self.region.iter().copied().filter(|index| !inside(index));
        let (above, below) = outside.partition(|&index| self.items[index].middle() < middle);
        Split { above, left, right, islands, below }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of this many letters, 10 high, every 12.
    fn column(left: f32, widths: &[f32], letters: usize) -> Vec<Item> {
        let rows = widths.iter().zip(0_u16..);
        let item = |(width, row): (&f32, u16)| {
            let top = 12.0 * f32::from(row);
            Item { left, top, right: left + width, bottom: top + 10.0, letters }
        };
        rows.map(item).collect()
    }

    fn is_split(left: Vec<Item>, right: Vec<Item>) -> bool {
        let items = [left, right].concat();
        split(&items, &(0..items.len()).collect::<Vec<_>>()).is_some()
    }

    #[test]
    fn prose_is_split() {
        let (left, right) = (column(0.0, &[200.0, 200.0, 120.0, 200.0], 30), column(215.0, &[200.0; 4], 30));
        assert!(is_split(left, right));
    }

    #[test]
    fn prices_labels_and_short_cells_are_not() {
        let items = [120.0, 200.0, 90.0, 150.0, 60.0];
        assert!(!is_split(column(0.0, &items, 20), column(300.0, &[40.0; 5], 5)), "prices");
        assert!(!is_split(column(0.0, &items, 20), column(300.0, &[200.0, 30.0, 40.0, 20.0, 60.0], 12)), "a form");
        assert!(!is_split(column(0.0, &[40.0; 5], 5), column(60.0, &[200.0; 5], 30)), "line numbers");
    }

    #[test]
    fn three_lines_or_a_hair_of_white_are_not() {
        assert!(!is_split(column(0.0, &[200.0; 3], 30), column(220.0, &[200.0; 3], 30)));
        assert!(!is_split(column(0.0, &[200.0; 9], 30), column(203.0, &[200.0; 9], 30)));
    }
}
