//! `Upload-Checksum`: the checksum of the bytes of one request.

use poem_openapi::registry::MetaSchema;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::header::{FromHeader, base64};

/// The algorithms, as `Tus-Checksum-Algorithm` lists them.
pub(super) const ALGORITHMS: &str = "sha1,sha256";

/// The checksum that bytes should have, and the one of those that have come.
#[derive(Clone)]
pub(super) struct Checksum {
    expected: Vec<u8>,
    running: Running,
}

#[derive(Clone)]
enum Running {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Checksum {
    /// More bytes have come.
    pub(super) fn update(&mut self, chunk: &[u8]) {
        match &mut self.running {
            Running::Sha1(hasher) => hasher.update(chunk),
            Running::Sha256(hasher) => hasher.update(chunk),
        }
    }

    /// Whether those that have come are the right ones.
    pub(super) fn fits(self) -> bool {
        match self.running {
            Running::Sha1(hasher) => hasher.finalize()[..] == self.expected[..],
            Running::Sha256(hasher) => hasher.finalize()[..] == self.expected[..],
        }
    }
}

impl FromHeader for Checksum {
    fn schema() -> MetaSchema {
        let pattern = "^sha(1 [A-Za-z0-9+/]{27}|256 [A-Za-z0-9+/]{43})=$";
        let example = Some("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=".into());
        MetaSchema { pattern: Some(pattern.to_owned()), example, ..MetaSchema::new("string") }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (algorithm, value) = text.split_once(' ').unwrap_or((text, ""));
        let (running, bytes) = match algorithm {
            "sha1" => (Running::Sha1(Sha1::new()), 20),
            "sha256" => (Running::Sha256(Sha256::new()), 32),
            _ => return Err(format!("names no algorithm that is known here: one of {ALGORITHMS}")),
        };
        let expected = base64(value).filter(|expected| expected.len() == bytes);
        let expected = expected.ok_or_else(|| format!("has to have {bytes} bytes in Base64 after `{algorithm} `"))?;
        Ok(Self { expected, running })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(text: &str, chunks: &[&[u8]]) -> bool {
        let mut checksum = Checksum::parse(text).unwrap();
        for chunk in chunks {
            checksum.update(chunk);
        }
        checksum.fits()
    }

    #[test]
    fn both_algorithms_are_known() {
        assert!(fits("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", &[b"hello ", b"world"]));
        assert!(fits("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", &[b"hello world"]));
        assert!(!fits("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", &[b"hello  world"]));
    }

    #[test]
    fn what_is_no_checksum_is_refused() {
        for text in
            ["", "sha1", "md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1 Kq5s", "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha1 !"]
        {
            assert!(Checksum::parse(text).is_err(), "{text}");
        }
    }
}
