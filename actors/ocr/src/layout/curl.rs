//! Pages that are not flat: photographed or crumpled ones, whose rows slope this way above and that way below.

use super::frame::{Item, median_height, weighted_median};

/// The slope of a row is that of the lines this many line heights above and below it.
const REACH: f32 = 3.0;
/// The slope of a line tells something if it is this many times longer than high.
const LONG: f32 = 4.0;
/// Slopes up to this may be the rounding of corners to whole pixels.
const ROUNDING: f32 = 0.005;

/// The boxes moved up and down so that what is in one row is level, and as high as the lines in them are.
pub(super) fn straightened(items: &[Item], slopes: &[Option<f32>]) -> Vec<Item> {
    let height = median_height(items.iter().copied());
    let ends = items.iter().fold((f32::MAX, f32::MIN), |ends, item| (ends.0.min(item.left), ends.1.max(item.right)));
    let center = f32::midpoint(ends.0, ends.1);
    let lines: Vec<(&Item, f32)> =
        items.iter().zip(slopes).filter_map(|(item, slope)| Some((item, (*slope)?))).collect();
    let is_long = |item: &Item| item.width() >= LONG * item.height();
    let mut long: Vec<(&Item, f32)> = lines.into_iter().filter(|(item, _)| is_long(item)).collect();
    long.sort_by(|a, b| a.0.middle().total_cmp(&b.0.middle()));
    let straighten = |(item, own): (&Item, &Option<f32>)| {
        let (above, below) = (item.middle() - REACH * height, item.middle() + REACH * height);
        let first = long.partition_point(|(line, _)| line.middle() < above);
        let near = long[first..].iter().take_while(|(line, _)| line.middle() <= below);
        let slope = weighted_median(near.map(|(line, slope)| (*slope, line.width())).collect());
        let slope = if slope.abs() > ROUNDING { slope } else { 0.0 };
        let up = slope * (f32::midpoint(item.left, item.right) - center);
        let inflated = (own.unwrap_or(0.0).abs() * item.width()).min(item.height() / 2.0);
        Item { top: item.top - up + inflated / 2.0, bottom: item.bottom - up - inflated / 2.0, ..*item }
    };
    items.iter().zip(slopes).map(straighten).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(left: f32, right: f32, middle: f32, slope: f32) -> (Item, Option<f32>) {
        let half = 10.0 + (right - left) * slope / 2.0;
        (Item { left, top: middle - half, right, bottom: middle + half, letters: 9 }, Some(slope))
    }

    #[test]
    fn rows_become_level_where_they_slope() {
        // The upper rows are level, the lower ones sink by 30 from end to end.
        let mut page: Vec<_> = (0..9).map(|row: u16| item(0.0, 200.0, 30.0 * f32::from(row), 0.0)).collect();
        for row in 0..9_u16 {
            let middle = 600.0 + 30.0 * f32::from(row);
            page.extend([item(0.0, 200.0, middle, 0.05), item(560.0, 600.0, middle + 24.0, 0.05)]);
        }
        let (items, slopes): (Vec<Item>, Vec<Option<f32>>) = page.into_iter().unzip();
        let straight = straightened(&items, &slopes);
        assert_eq!(straight[..9], items[..9]);
        for row in straight[9..].chunks(2) {
            assert!((row[0].middle() - row[1].middle()).abs() < 1.0 && (row[0].height() - 20.0).abs() < 0.1, "{row:?}");
        }
    }

    #[test]
    fn nothing_is_straight() {
        assert!(straightened(&[], &[]).is_empty());
    }
}
