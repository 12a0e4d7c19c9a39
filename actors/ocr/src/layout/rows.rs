//! Visual rows: what stands side by side, from left to right.

use super::frame::Item;

/// Groups the lines of a zone into rows from top to bottom, each from left to right.
pub(super) fn rows(items: &[Item], zone: &[usize]) -> Vec<Vec<usize>> {
    let mut order = zone.to_vec();
    order.sort_by(|&a, &b| items[a].middle().total_cmp(&items[b].middle()).then(a.cmp(&b)));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for index in order {
        match rows.iter_mut().rev().take(3).find(|row| belongs(items, row, index)) {
            Some(row) => row.push(index),
            None => rows.push(vec![index]),
        }
    }
    for row in &mut rows {
        row.sort_by(|&a, &b| items[a].left.total_cmp(&items[b].left).then(a.cmp(&b)));
    }
    let top = |row: &[usize]| row.iter().map(|&index| items[index].middle()).fold(f32::MAX, f32::min);
    rows.sort_by(|a, b| top(a).total_cmp(&top(b)).then(a.cmp(b)));
    rows
}

/// Whether a line is beside the nearest one of a row, and over or under none of it.
fn belongs(items: &[Item], row: &[usize], index: usize) -> bool {
    let item = &items[index];
    let distance = |other: &Item| (other.left - item.right).max(item.left - other.right);
    let nearest = row.iter().map(|&other| &items[other]).min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let apart = |&other: &usize| item.overlap(&items[other]) <= 0.3 * item.width().min(items[other].width());
    nearest.is_some_and(|nearest| nearest.beside(item)) && row.iter().all(apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(left: f32, top: f32, right: f32, bottom: f32) -> Item {
        Item { left, top, right, bottom, letters: 5 }
    }

    #[test]
    fn cells_of_a_row_are_read_from_left_to_right() {
        let items = [item(200.0, 1.0, 250.0, 11.0), item(0.0, 14.0, 90.0, 24.0), item(0.0, 0.0, 90.0, 10.0)];
        assert_eq!(rows(&items, &[0, 1, 2]), [vec![2, 0], vec![1]]);
    }

    #[test]
    fn a_row_that_drifts_stays_together() {
        let drift = |step: u16| {
            let (left, top) = (100.0 * f32::from(step), 4.0 * f32::from(step));
            item(left, top, left + 90.0, top + 10.0)
        };
        let items = [drift(0), drift(1), drift(2), drift(3), item(0.0, 16.0, 90.0, 26.0)];
        assert_eq!(rows(&items, &[3, 1, 0, 4, 2]), [vec![0, 1, 2, 3], vec![4]]);
    }

    #[test]
    fn lines_that_touch_stay_apart() {
        let items = [item(0.0, 0.0, 300.0, 14.0), item(0.0, 6.0, 300.0, 20.0)];
        assert_eq!(rows(&items, &[1, 0]), [vec![0], vec![1]]);
    }
}
