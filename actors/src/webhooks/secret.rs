//! The secrets that messages are signed with.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::Refused;

/// What secrets begin with (Standard Webhooks, "Symmetric").
const PREFIX: &str = "whsec_";
/// How many bytes a secret has (the same).
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;
/// How many one has that is made here: as many as the output of the SHA-256 in its HMAC.
const MADE: usize = 32;

/// What is wrong with a secret; `None` if nothing is.
pub(crate) fn fault(secret: &str) -> Option<String> {
    let bytes = secret.strip_prefix(PREFIX).and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    let fits = bytes.is_some_and(|bytes| LENGTHS.contains(&bytes.len()));
    (!fits).then(|| {
        format!("must be `{PREFIX}` and {} to {} bytes in base64, with padding", LENGTHS.start(), LENGTHS.end())
    })
}

/// A new secret.
pub(super) fn make() -> Result<String, Refused> {
    let mut bytes = [0; MADE];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        Refused::new(d2d_api::ProblemCode::Internal, "the service could not make a secret: try again later")
    })?;
    Ok(format!("{PREFIX}{}", BASE64_STANDARD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_secrets_are_right_and_differ() {
        let (one, other) = (make().unwrap(), make().unwrap());
        assert_eq!(fault(&one), None);
        assert_ne!(one, other);
    }

    #[test]
    fn only_secrets_of_the_right_form_are_taken() {
        let of = |bytes: usize| format!("whsec_{}", BASE64_STANDARD.encode(vec![7; bytes]));
        for good in [of(24), of(64), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()] {
            assert_eq!(fault(&good), None, "{good}");
        }
        let bare = of(32).trim_start_matches("whsec_").to_owned();
        let unpadded = of(32).trim_end_matches('=').to_owned();
        for bad in [of(23), of(65), bare, unpadded, String::new(), "whsec_".to_owned(), "whsec_äöü".to_owned()] {
            assert!(fault(&bad).is_some(), "{bad}");
        }
    }
}
