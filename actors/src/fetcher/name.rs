//! What a fetched file is called.

use d2d_api::clean_file_name;
use percent_encoding::percent_decode_str;
use reqwest::Url;

use crate::intake::{extension, is_extension};

/// The name that an address ends with; empty if it ends with none.
pub(super) fn in_url(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    percent_decode_str(last).decode_utf8_lossy().into_owned()
}

/// The name with an ending that goes with the content.
pub(super) fn fitting(name: &str, media_type: &str) -> String {
    let ending = extension(media_type);
    match name.rsplit_once('.') {
        Some((stem, given)) if !stem.is_empty() && is_extension(media_type, given) => name.to_owned(),
        // The bound on names holds with the ending, too.
        _ => clean_file_name(&format!("{}.{ending}", name.trim_end_matches('.')), &format!("file.{ending}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_file() {
        let cases = [
            ("http://h/a/b.pdf?x=/y.png#z", "b.pdf"),
            ("http://h/%D0%BF%D0%B8%D1%81%D1%8C%D0%BC%D0%BE%20%E2%84%96%201.tif", "письмо № 1.tif"),
            ("http://h/a/", ""),
            ("http://h", ""),
            ("http://h/%ff%fe", "\u{fffd}\u{fffd}"),
        ];
        for (url, name) in cases {
            assert_eq!(in_url(&url.parse().unwrap()), name, "{url}");
        }
        let sneaky = in_url(&"http://h/..%2f..%2fetc%2fpasswd".parse().unwrap());
        assert_eq!(clean_file_name(&sneaky, "file"), "passwd", "a name is no path");
    }

    #[test]
    fn a_name_ends_as_its_content_is() {
        let cases = [
            ("a.PDF", "application/pdf", "a.PDF"),
            ("a.jpeg", "image/jpeg", "a.jpeg"),
            ("a.tiff", "image/tiff", "a.tiff"),
            ("a.ppm", "image/x-portable-anymap", "a.ppm"),
            ("view.php", "application/pdf", "view.php.pdf"),
            ("2101.00001", "application/pdf", "2101.00001.pdf"),
            ("scan", "image/png", "scan.png"),
            ("scan.", "image/png", "scan.png"),
            (".png", "image/png", ".png.png"),
        ];
        for (name, media_type, fitted) in cases {
            assert_eq!(fitting(name, media_type), fitted, "{name}");
        }
        let long = fitting(&"x".repeat(200), "image/png");
        assert_eq!((long.len(), long.rsplit_once('.').map(|(_, ending)| ending)), (200, Some("png")));
    }
}
