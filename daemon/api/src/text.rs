//! File names as users give them, made safe to show and to store.

/// The longest file name that is kept, in bytes of UTF-8.
const LONGEST_NAME: usize = 200;

/// The last component of a file name, without control characters and bounded in length; `fallback` if nothing is left.
///
/// Browsers and scripts send full paths of either kind of slash; only the name itself is ours to keep.
#[must_use]
pub fn clean_file_name(raw: &str, fallback: &str) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = last.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned();
    if name.len() > LONGEST_NAME {
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if extension.len() < 16 => (stem, format!(".{extension}")),
            _ => (name.as_str(), String::new()),
        };
        let mut cut = (LONGEST_NAME - extension.len()).min(stem.len());
        while !stem.is_char_boundary(cut) {
            cut -= 1;
        }
        name = format!("{}{extension}", &stem[..cut]);
    }
    if name.is_empty() || name.chars().all(|c| c == '.') { fallback.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_lose_their_folders() {
        assert_eq!(clean_file_name("C:\\scans\\page 1.tif", "file"), "page 1.tif");
        assert_eq!(clean_file_name("../../etc/passwd", "file"), "passwd");
        assert_eq!(clean_file_name("a/..", "file"), "file");
        assert_eq!(clean_file_name("", "file"), "file");
    }

    proptest! {
        #[test]
        fn a_clean_name_is_one_component_and_bounded(raw in ".{0,400}") {
            let name = clean_file_name(&raw, "file");
            prop_assert!(!name.is_empty() && name.len() <= LONGEST_NAME);
            prop_assert!(!name.contains(['/', '\\', '\0', '\n']));
            prop_assert_eq!(clean_file_name(&name, "file"), name.clone());
        }
    }
}
