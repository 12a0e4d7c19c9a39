//! Random secrets: refresh tokens, API keys and tickets. Only the SHA-256 of each is kept, and it is found by that or by
//! its identifier. A slow hash would be of no use: there is nothing to guess in 256 random bits.

use sha2::{Digest, Sha256};

use super::AuthError;

/// How API keys begin, so that programs that look for leaked secrets find them.
const API_KEY: &str = "d2d_";
/// How refresh tokens begin.
const REFRESH_TOKEN: &str = "d2dr_";
/// How tickets begin.
const TICKET: &str = "d2dt_";

/// The bytes of a secret.
const SECRET_BYTES: usize = 32;
/// The bytes of the identifier of an API key.
const ID_BYTES: usize = 8;

/// A new refresh token.
pub(super) fn refresh_token() -> Result<String, AuthError> {
    Ok(format!("{REFRESH_TOKEN}{}", random::<SECRET_BYTES>()?))
}

/// A new ticket.
pub(super) fn ticket() -> Result<String, AuthError> {
    Ok(format!("{TICKET}{}", random::<SECRET_BYTES>()?))
}

/// A new API key and its identifier.
pub(super) fn api_key() -> Result<(String, String), AuthError> {
    let id = random::<ID_BYTES>()?;
    Ok((format!("{API_KEY}{id}_{}", random::<SECRET_BYTES>()?), id))
}

/// Whether it is written like an API key.
pub(super) fn is_api_key(token: &str) -> bool {
    token.starts_with(API_KEY)
}

/// Whether it is written like a refresh token.
pub(super) fn is_refresh_token(token: &str) -> bool {
    token.starts_with(REFRESH_TOKEN)
}

/// The identifier in an API key.
pub(super) fn api_key_id(key: &str) -> Option<&str> {
    let (id, secret) = key.strip_prefix(API_KEY)?.split_once('_')?;
    (id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES).then_some(id)
}

/// The SHA-256 of a secret, in hex.
pub(super) fn sha256(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// Whether two hashes are the same; takes as long wherever they differ.
pub(super) fn same(one: &str, other: &str) -> bool {
    let different = one.bytes().zip(other.bytes()).fold(0, |different, (one, other)| different | (one ^ other));
    one.len() == other.len() && different == 0
}

fn random<const N: usize>() -> Result<String, AuthError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| AuthError::Random(error.to_string()))?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart_by_how_they_begin() {
        let (key, id) = api_key().unwrap();
        assert_eq!(api_key_id(&key), Some(id.as_str()));
        assert!(is_api_key(&key) && !is_refresh_token(&key));
        let refresh = refresh_token().unwrap();
        assert!(is_refresh_token(&refresh) && !is_api_key(&refresh));
        assert!(!is_api_key(&ticket().unwrap()));
        assert_ne!(refresh, refresh_token().unwrap());
        for odd in ["", "d2d_", "d2d_abc_def", "eyJhbGciOi", &key[..key.len() - 1], &format!("{key}0")] {
            assert_eq!(api_key_id(odd), None, "{odd}");
        }
    }

    #[test]
    fn hashes_are_compared_whole() {
        let hash = sha256("a");
        assert!(same(&hash, &sha256("a")));
        assert!(!same(&hash, &sha256("b")) && !same(&hash, &hash[1..]) && !same(&hash, ""));
    }
}
