//! Digests that clients send with what they upload: `Repr-Digest` and `Content-Digest` (RFC 9530).
//!
//! Of an upload both mean the same, as bodies are taken as they come. Algorithms that are not known here, or not secure,
//! are passed over as the standard has it; a header that can't be read at all is refused, since whoever sent it counts on
//! it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use d2d_api::{FieldError, ProblemCode};
use poem::http::HeaderMap;
use sha2::{Digest, Sha256, Sha512};

use crate::http::problem::Failure;

/// The headers.
const HEADERS: [&str; 2] = ["Repr-Digest", "Content-Digest"];

/// The digests that some bytes shall have, and those of the bytes so far.
#[derive(Default)]
pub(super) struct Digests {
    sha256: Option<Running<Sha256>>,
    sha512: Option<Running<Sha512>>,
}

/// A digest that grows, and what it shall become: all of these.
struct Running<D> {
    so_far: D,
    expected: Vec<Vec<u8>>,
}

impl<D: Digest + Clone> Running<D> {
    fn compare(running: &mut Option<Self>, digest: Vec<u8>) {
        let running = running.get_or_insert_with(|| Self { so_far: D::new(), expected: Vec::new() });
        running.expected.push(digest);
    }

    fn check(&self, algorithm: &str) -> Result<(), Failure> {
        let digest = self.so_far.clone().finalize();
        if self.expected.iter().all(|expected| expected.as_slice() == digest.as_slice()) {
            return Ok(());
        }
        let came = STANDARD.encode(digest.as_slice());
        let detail = format!("what came has the digest `{algorithm}=:{came}:`, not that of the header: send it again");
        Err(Failure::new(ProblemCode::UploadDigestMismatch, detail))
    }
}

impl Digests {
    /// Those of a request, or of a part of a form.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        let mut digests = Self::default();
        for name in HEADERS {
            for value in headers.get_all(name) {
                let read = value.to_str().ok().and_then(|text| digests.read(text));
                read.ok_or_else(|| unreadable(name))?;
            }
        }
        Ok(digests)
    }

    /// Reads one header, a dictionary of byte sequences (RFC 9651 sections 3.2 and 3.3.5).
    fn read(&mut self, text: &str) -> Option<()> {
        for member in text.split(',') {
            let (algorithm, value) = member.trim().split_once('=')?;
            // Parameters of a digest mean nothing.
            let value = value.split(';').next()?.trim_end().strip_prefix(':')?.strip_suffix(':')?;
            let digest = STANDARD.decode(value).ok()?;
            match algorithm {
                "sha-256" if digest.len() == 32 => Running::compare(&mut self.sha256, digest),
                "sha-512" if digest.len() == 64 => Running::compare(&mut self.sha512, digest),
                "sha-256" | "sha-512" => return None,
                _ => {}
            }
        }
        Some(())
    }

    /// More of the bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        if let Some(running) = &mut self.sha256 {
            running.so_far.update(bytes);
        }
        if let Some(running) = &mut self.sha512 {
            running.so_far.update(bytes);
        }
    }

    /// Whether the bytes are what they shall be, now that all have come.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.sha256.as_ref().map_or(Ok(()), |running| running.check("sha-256"))?;
        self.sha512.as_ref().map_or(Ok(()), |running| running.check("sha-512"))
    }
}

fn unreadable(name: &str) -> Failure {
    let detail = "can't be read: write it as `sha-256=:BASE64:` or `sha-512=:BASE64:` (RFC 9530)";
    Failure::fields(vec![FieldError::new(format!("/header/{name}"), detail)])
}

#[cfg(test)]
mod tests {
    use super::*;

    // The examples of RFC 9530 appendix B.1.
    const HELLO: &[u8] = b"{\"hello\": \"world\"}\n";
    const SHA256: &str = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
    const SHA512: &str =
        "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:";

    fn check(values: &[(&'static str, &str)], content: &[u8]) -> Result<(), ProblemCode> {
        let headers: HeaderMap =
            values.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let mut digests = Digests::of(&headers).map_err(|failure| failure.code)?;
        content.chunks(5).for_each(|chunk| digests.update(chunk));
        digests.check().map_err(|failure| failure.code)
    }

    #[test]
    fn digests_are_compared() {
        let both = format!("{SHA256}, {SHA512};q=1");
        for value in [SHA256, SHA512, &both, "md5=:AAAA:, crc32c=:AAAA:"] {
            assert_eq!(check(&[("repr-digest", value)], HELLO), Ok(()), "{value}");
            assert_eq!(check(&[("content-digest", value)], HELLO), Ok(()), "{value}");
        }
        for value in [SHA256, SHA512, &both] {
            assert_eq!(check(&[("repr-digest", value)], b"other"), Err(ProblemCode::UploadDigestMismatch), "{value}");
        }
        let wrong = SHA256.replace("RK", "rk");
        let mixed = [("repr-digest", SHA256), ("content-digest", wrong.as_str())];
        assert_eq!(check(&mixed, HELLO), Err(ProblemCode::UploadDigestMismatch), "both count");
    }

    #[test]
    fn what_can_not_be_read_is_refused() {
        for value in ["", "sha-256", "sha-256=abc", "sha-256=:abc", "sha-256=:!!!!:", "sha-256=:AAAA:", "sha-512=::"] {
            assert_eq!(check(&[("repr-digest", value)], HELLO), Err(ProblemCode::RequestInvalid), "{value}");
        }
    }
}
