//! Connected components of a probability map: where the text is.

use super::rectangle::Point;

/// A horizontal run of pixels above the threshold.
#[derive(Debug, Clone, Copy)]
struct Run {
    row: usize,
    start: usize,
    end: usize,
}

/// The connected parts (also over corners) of where the `[height, width]` map is above the threshold. Each is given by
/// the first and last pixel of every run of it, which is all that its hull needs. In the order of their first pixels.
pub(super) fn components(map: &[f32], width: usize, threshold: f32) -> Vec<Vec<Point>> {
    let runs = runs(map, width, threshold);
    let roots = labels(&runs);
    let mut index_of = vec![usize::MAX; runs.len()];
    let mut components: Vec<Vec<Point>> = Vec::new();
    for (run, root) in runs.iter().zip(roots) {
        if index_of[root] == usize::MAX {
            index_of[root] = components.len();
            components.push(Vec::new());
        }
        let component = &mut components[index_of[root]];
        component.push(Point::pixel(run.start, run.row));
        if run.end > run.start + 1 {
            component.push(Point::pixel(run.end - 1, run.row));
        }
    }
    components
}

/// All runs, row by row.
fn runs(map: &[f32], width: usize, threshold: f32) -> Vec<Run> {
    let mut runs = Vec::new();
    for (row, values) in map.chunks_exact(width.max(1)).enumerate() {
        let mut start = 0;
        while let Some(skip) = values[start..].iter().position(|&value| value > threshold) {
            start += skip;
            let length = values[start..].iter().position(|&value| value <= threshold).unwrap_or(width - start);
            runs.push(Run { row, start, end: start + length });
            start += length;
        }
    }
    runs
}

/// For each run the first run of its component.
fn labels(runs: &[Run]) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..runs.len()).collect();
    let mut above = 0;
    for (index, run) in runs.iter().enumerate() {
        // The first run of the row above that may still touch: runs are sorted, so it only moves on.
        while above < index
            && (runs[above].row + 1 < run.row || runs[above].row + 1 == run.row && runs[above].end < run.start)
        {
            above += 1;
        }
        for (other, candidate) in runs.iter().enumerate().take(index).skip(above) {
            if candidate.row + 1 != run.row || candidate.start > run.end {
                break;
            }
            let (a, b) = (root(&mut parents, other), root(&mut parents, index));
            parents[a.max(b)] = a.min(b);
        }
    }
    (0..runs.len()).map(|index| root(&mut parents, index)).collect()
}

/// The root of a run, halving the paths to it on the way.
fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(picture: &[&str]) -> (Vec<f32>, usize) {
        let values = picture.iter().flat_map(|row| row.bytes().map(|b| f32::from(u8::from(b == b'#'))));
        (values.collect(), picture[0].len())
    }

    #[test]
    fn parts_are_told_apart_and_corners_connect() {
        let (map, width) = map(&["##..#", "..#..", "....#", "#.#.#", "#.###"]);
        let components = components(&map, width, 0.5);
        let pixels: Vec<Vec<(f32, f32)>> =
            components.iter().map(|c| c.iter().map(|p| (p.x - 0.5, p.y - 0.5)).collect()).collect();
        assert_eq!(pixels.len(), 4);
        assert_eq!(pixels[0], [(0.0, 0.0), (1.0, 0.0), (2.0, 1.0)]);
        assert_eq!(pixels[1], [(4.0, 0.0)]);
        assert_eq!(pixels[2], [(4.0, 2.0), (2.0, 3.0), (4.0, 3.0), (2.0, 4.0), (4.0, 4.0)]);
        assert_eq!(pixels[3], [(0.0, 3.0), (0.0, 4.0)]);
    }

    #[test]
    fn arms_that_join_later_are_one_part() {
        let (map, width) = map(&["#.#.#", "#.#.#", "#####"]);
        assert_eq!(components(&map, width, 0.5).len(), 1);
    }

    /// Flood fill, as slow as it is plain.
    fn count_by_flooding(map: &[bool], width: usize) -> usize {
        let mut seen = vec![false; map.len()];
        let mut count = 0;
        for first in 0..map.len() {
            let mut stack = vec![first];
            if !map[first] || seen[first] {
                continue;
            }
            count += 1;
            while let Some(at) = stack.pop() {
                if !map[at] || std::mem::replace(&mut seen[at], true) {
                    continue;
                }
                let (x, y) = (at % width, at / width);
                for ny in y.saturating_sub(1)..(y + 2).min(map.len() / width) {
                    stack.extend((x.saturating_sub(1)..(x + 2).min(width)).map(|nx| ny * width + nx));
                }
            }
        }
        count
    }

    proptest! {
        #[test]
        fn agrees_with_flood_filling(width in 1_usize..12, rows in prop::collection::vec(any::<[bool; 12]>(), 0..12)) {
            let map: Vec<bool> = rows.iter().flat_map(|row| row[..width].to_vec()).collect();
            let values: Vec<f32> = map.iter().map(|&set| f32::from(u8::from(set))).collect();
            prop_assert_eq!(components(&values, width, 0.5).len(), count_by_flooding(&map, width));
        }
    }
}
