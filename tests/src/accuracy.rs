//! How well a page was read.

/// The character error rate: the least number of insertions, deletions and substitutions that turn `read` into `truth`,
/// per character of `truth`. Runs of white space count as one space, so that line ends don't matter.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "pages have far fewer than 2^52 characters")]
pub fn character_error_rate(truth: &str, read: &str) -> f64 {
    let (truth, read) = (normal(truth), normal(read));
    strsim::levenshtein(&truth, &read) as f64 / truth.chars().count().max(1) as f64
}

fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_not_bytes_and_ignores_line_ends() {
        let cer = |truth, read| character_error_rate(truth, read);
        assert!(cer("été\nchaud", " été chaud ").abs() < f64::EPSILON);
        assert!((cer("été", "ete") - 2.0 / 3.0).abs() < 1e-9);
        assert!((cer("abcd", "") - 1.0).abs() < 1e-9);
    }
}
