//! From the letters of a strip to words on the page.

use super::recogniser::{Letter, Reading};
use super::rectangle::{Point, Rectangle};
use crate::page::{Char, Confidence, Line, Quad, Word};

/// The line of text that was read in a rectangle of an image of this size; `None` if there are only spaces.
pub(in crate::engine) fn line(reading: &Reading, rectangle: &Rectangle, size: (u32, u32)) -> Option<Line> {
    let edges = edges(&reading.letters);
    let mut words: Vec<Word> = Vec::new();
    let mut chars: Vec<Char> = Vec::new();
    for (letter, edges) in reading.letters.iter().zip(edges) {
        if letter.text.trim().is_empty() {
            words.extend(Word::of(std::mem::take(&mut chars)));
            continue;
        }
        let quad = quad(rectangle, edges, size);
        chars.push(Char { text: letter.text.clone(), quad, confidence: Confidence::new(letter.probability) });
    }
    words.extend(Word::of(chars));
    Line::of(words)
}

/// Where each letter starts and ends, in fractions of the strip's width: halfway to its neighbours, at the ends as far
/// to the one side as to the other.
fn edges(letters: &[Letter]) -> Vec<(f32, f32)> {
    let middles: Vec<f32> = letters.iter().map(|letter| letter.middle).collect();
    let between: Vec<f32> = middles.windows(2).map(|pair| f32::midpoint(pair[0], pair[1])).collect();
    let mut edges = Vec::with_capacity(middles.len());
    for (index, &middle) in middles.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| between[index]);
        let after = between.get(index).copied();
        edges.push(match (before, after) {
            (Some(before), Some(after)) => (before, after),
            (None, Some(after)) => ((2.0 * middle - after).max(0.0), after),
            (Some(before), None) => (before, (2.0 * middle - before).min(1.0)),
            (None, None) => (0.0, 1.0),
        });
    }
    edges
}

/// The part of a rectangle from one fraction of its length to another, within an image of this size.
fn quad(rectangle: &Rectangle, (start, end): (f32, f32), (width, height): (u32, u32)) -> Quad {
    let corners = [(start, 0.0), (end, 0.0), (end, 1.0), (start, 1.0)];
    Quad(corners.map(|(along, across)| {
        let Point { x, y } = rectangle.at(along, across);
        [within(x, width), within(y, height)].into()
    }))
}

/// The nearest whole number from 0 to the limit.
#[allow(clippy::cast_possible_truncation)] // Casts of floats saturate.
fn within(value: f32, limit: u32) -> i32 {
    (value.round() as i32).clamp(0, i32::try_from(limit).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Rect;

    fn reading(letters: &[(&str, f32)]) -> Reading {
        let letter = |&(text, middle): &(&str, f32)| Letter { text: text.into(), probability: 0.9, middle };
        Reading { letters: letters.iter().map(letter).collect(), confidence: 0.9 }
    }

    fn upright() -> Rectangle {
        Rectangle { center: Point { x: 150.0, y: 50.0 }, along: (1.0, 0.0), length: 200.0, thickness: 20.0 }
    }

    #[test]
    fn spaces_part_words_and_letters_meet_halfway() -> Result<(), &'static str> {
        let letters = [("a", 0.1), ("b", 0.2), (" ", 0.3), ("\u{3000}", 0.35), ("c", 0.5)];
        let line = line(&reading(&letters), &upright(), (400, 100)).ok_or("no line")?;
        assert_eq!(line.text(), "ab c");
        let boxes: Vec<Rect> = line.words[0].chars.iter().map(|c| c.quad.bounds()).collect();
        assert_eq!(boxes, [Rect::from([60, 40, 80, 60]), Rect::from([80, 40, 100, 60])]);
        assert_eq!(line.words[1].quad.bounds(), Rect::from([135, 40, 165, 60]));
        assert_eq!(line.quad.bounds(), Rect::from([60, 40, 165, 60]));
        Ok(())
    }

    #[test]
    fn boxes_stay_on_the_page() -> Result<(), &'static str> {
        let line = line(&reading(&[("a", 0.5)]), &upright(), (120, 45)).ok_or("no line")?;
        assert_eq!(line.quad.bounds(), Rect::from([50, 40, 120, 45]));
        Ok(())
    }

    #[test]
    fn nothing_but_space_is_no_line() {
        assert_eq!(line(&reading(&[(" ", 0.5)]), &upright(), (400, 100)), None);
        assert_eq!(line(&reading(&[]), &upright(), (400, 100)), None);
    }

    #[test]
    fn letters_of_text_that_reads_downwards_follow_each_other_downwards() -> Result<(), &'static str> {
        let down = Rectangle { along: (0.0, 1.0), ..upright() };
        let line = line(&reading(&[("a", 0.25), ("b", 0.75)]), &down, (400, 200)).ok_or("no line")?;
        let [a, b] = [0, 1].map(|i| line.words[0].chars[i].quad);
        assert_eq!(a.0[0], [160, 0].into());
        assert_eq!((a.bounds(), b.bounds()), (Rect::from([140, 0, 160, 50]), Rect::from([140, 50, 160, 150])));
        Ok(())
    }
}
