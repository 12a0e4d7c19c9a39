//! The names of result files.

use std::collections::HashSet;

use d2d_api::clean_file_name;

/// What a file without a name of its own is called.
const NAMELESS: &str = "document";

/// The names of the results of these input files, without their extensions: those of the inputs, numbered where two would
/// be the same (also to systems that don't tell capitals from small letters).
#[must_use]
pub fn result_stems<'a>(inputs: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut unique = |stem: String| {
        let numbered = std::iter::once(stem.clone()).chain((2_u32..).map(|n| format!("{stem}-{n}")));
        numbered.into_iter().find(|name| taken.insert(name.to_lowercase())).unwrap_or(stem)
    };
    inputs.into_iter().map(|input| unique(stem(input))).collect()
}

fn stem(name: &str) -> String {
    let name = clean_file_name(name, NAMELESS);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name.trim_start_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn results_are_named_like_their_inputs() {
        assert_eq!(
            result_stems(["a.png", "b.tar.gz", "c", ".d", "", "x/y.pdf"]),
            ["a", "b.tar", "c", "d", "document", "y"]
        );
        assert_eq!(result_stems(["a.png", "A.jpg", "a-2.tif", "a.gif"]), ["a", "A-2", "a-2-2", "a-3"]);
    }

    proptest! {
        #[test]
        fn names_are_unique_components(inputs in prop::collection::vec("[abA./]{0,4}", 0..12)) {
            let stems = result_stems(inputs.iter().map(String::as_str));
            prop_assert_eq!(stems.len(), inputs.len());
            let distinct: HashSet<_> = stems.iter().map(|stem| stem.to_lowercase()).collect();
            prop_assert_eq!(distinct.len(), inputs.len());
            prop_assert!(stems.iter().all(|stem| !stem.is_empty() && !stem.contains('/')));
        }
    }
}
