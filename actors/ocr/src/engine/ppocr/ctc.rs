//! Greedy decoding of connectionist temporal classification (Graves et al. 2006): the best class of each step, runs of
//! the same class counted once, blanks dropped.

use std::ops::Range;

use super::alphabet::BLANK;

/// One character that was read.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) struct Emission {
    /// Its class.
    pub(in crate::engine) class: usize,
    /// The highest probability that the class has over its steps.
    pub(in crate::engine) probability: f32,
    /// The steps where it is the best class.
    pub(in crate::engine) steps: Range<usize>,
}

/// Decodes `[steps, classes]` probabilities.
pub(in crate::engine) fn decode(probabilities: &[f32], classes: usize) -> Vec<Emission> {
    let mut emissions: Vec<Emission> = Vec::new();
    let mut last = BLANK;
    for (step, row) in probabilities.chunks_exact(classes.max(1)).enumerate() {
        let (class, probability) = best(row);
        match emissions.last_mut() {
            _ if class == BLANK => {}
            Some(emission) if class == last => {
                emission.steps.end = step + 1;
                emission.probability = emission.probability.max(probability);
            }
            _ => emissions.push(Emission { class, probability, steps: step..step + 1 }),
        }
        last = class;
    }
    emissions
}

/// The first of the classes with the highest probability. In blocks, as that lets the compiler use wide registers.
fn best(row: &[f32]) -> (usize, f32) {
    const LANES: usize = 16;
    let mut lanes = [f32::MIN; LANES];
    let mut blocks = row.chunks_exact(LANES);
    for block in &mut blocks {
        for (lane, &value) in lanes.iter_mut().zip(block) {
            *lane = if value > *lane { value } else { *lane };
        }
    }
    let highest = lanes.iter().chain(blocks.remainder()).fold(f32::MIN, |a, &b| if b > a { b } else { a });
    let class = row.iter().position(|&value| value >= highest).unwrap_or(BLANK);
    (class, highest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Steps that each put 0.7, or what is given, on one of three classes.
    fn steps(of: &[(usize, f32)]) -> Vec<f32> {
        of.iter().flat_map(|&(class, p)| (0..3).map(move |c| if c == class { p } else { (1.0 - p) / 2.0 })).collect()
    }

    #[test]
    fn runs_count_once_and_a_blank_parts_them() {
        let decoded = decode(&steps(&[(0, 0.9), (1, 0.7), (1, 0.8), (0, 0.9), (1, 0.6), (2, 0.9), (2, 0.5)]), 3);
        let expected = [(1, 0.8, 1..3), (1, 0.6, 4..5), (2, 0.9, 5..7)];
        let expected = expected.map(|(class, probability, steps)| Emission { class, probability, steps });
        assert_eq!(decoded, expected);
    }

    #[test]
    fn nothing_but_blanks_is_nothing() {
        assert!(decode(&steps(&[(0, 0.9), (0, 0.8)]), 3).is_empty());
        assert!(decode(&[], 3).is_empty() && decode(&[], 0).is_empty());
    }

    proptest! {
        #[test]
        fn the_best_is_the_first_maximum(row in prop::collection::vec(0_u8..9, 1..60)) {
            let row: Vec<f32> = row.into_iter().map(f32::from).collect();
            let (class, value) = best(&row);
            prop_assert!(row.iter().all(|&v| v <= value));
            prop_assert_eq!(row.iter().position(|&v| v == value), Some(class));
        }
    }
}
