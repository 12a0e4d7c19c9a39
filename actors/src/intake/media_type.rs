//! What a file is, by its first bytes. Its name and what the client says of it count for nothing.

/// How many of the first bytes usually tell,
pub const USUAL_HEAD: usize = 1024;
/// and how many are looked at if they don't: a PDF may have much before its header.
pub const LONGEST_HEAD: usize = 1 << 16;

/// The media type of a file that begins with `head`; `None` if it is of no known type.
#[must_use]
pub fn media_type(head: &[u8]) -> Option<&'static str> {
    if is_pdf(head) {
        return Some("application/pdf");
    }
    if is_pnm(head) {
        return Some("image/x-portable-anymap");
    }
    if is_tiff(head) {
        return Some("image/tiff");
    }
    infer::get(head).map(|kind| kind.mime_type())
}

/// The usual ending of the names of such files.
#[must_use]
pub fn extension(media_type: &str) -> &str {
    extensions(media_type).first().copied().unwrap_or_else(|| subtype(media_type))
}

/// Whether the names of such files end so.
pub(crate) fn is_extension(media_type: &str, ending: &str) -> bool {
    let known = extensions(media_type).iter().any(|known| ending.eq_ignore_ascii_case(known));
    known || ending.eq_ignore_ascii_case(subtype(media_type))
}

/// The endings of types whose name is none, or not the only one; the usual one first.
fn extensions(media_type: &str) -> &'static [&'static str] {
    match media_type {
        "image/jpeg" => &["jpg", "jpe", "jfif"],
        "image/tiff" => &["tif"],
        "image/bmp" => &["bmp", "dib"],
        "image/x-portable-anymap" => &["pnm", "pbm", "pgm", "ppm", "pam"],
        _ => &[],
    }
}

fn subtype(media_type: &str) -> &str {
    media_type.rsplit_once('/').map_or(media_type, |(_, subtype)| subtype)
}

/// Readers find the header anywhere in the first 1024 bytes (ISO 32000-1 annex H.3.4.1), some much further: scanners put
/// mail headers and other junk before it.
fn is_pdf(head: &[u8]) -> bool {
    head[..head.len().min(LONGEST_HEAD)].windows(5).any(|window| window == b"%PDF-")
}

/// `P1` to `P6`, then a space or a comment, then the width (netpbm's `pbm`, `pgm` and `ppm`); `P7` for `pam`.
fn is_pnm(head: &[u8]) -> bool {
    match head {
        [b'P', b'1'..=b'6', space, next, ..] => {
            space.is_ascii_whitespace() && (next.is_ascii_digit() || next.is_ascii_whitespace() || *next == b'#')
                || *space == b'#'
        }
        _ => head.starts_with(b"P7\n"),
    }
}

/// Either byte order, with offsets of 32 bits (version 42) or 64 bits (version 43). `infer` judges by later bytes too, and
/// is wrong for files whose pixels come right after the header.
fn is_tiff(head: &[u8]) -> bool {
    [b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b"].iter().any(|magic| head.starts_with(*magic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_the_type() {
        let known: [(&[u8], &str); 9] = [
            (b"%PDF-1.7\n", "application/pdf"),
            (b"Content-Type: x\r\n\r\n%PDF-1.4\n", "application/pdf"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
            (b"II*\0\x08\x10\0\0\x43\x52\0\x01", "image/tiff"),
            (b"MM\0\x2b\0\x08\0\0", "image/tiff"),
            (b"P6\n# made\n10 10\n255\n", "image/x-portable-anymap"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
        ];
        for (head, expected) in known {
            assert_eq!(media_type(head), Some(expected), "{}", head.escape_ascii());
        }
    }

    #[test]
    fn text_is_no_known_type() {
        for text in [&b"just words"[..], b"Page 1", b"P6 is a chip", b"{}", b"\xd0\xbf\xd1\x80", b""] {
            assert_eq!(media_type(text), None, "{}", text.escape_ascii());
        }
    }
}
