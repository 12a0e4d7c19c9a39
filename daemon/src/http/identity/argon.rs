//! Argon2id (RFC 9106) in memory that goes back to the system after each run.
//!
//! The C library gives large blocks back when they are freed, smaller ones it keeps for each of its arenas, and what is
//! large it learns from the blocks that it sees, up to 32 MiB. So the memory of each hash is asked for as a larger block
//! than that, of which only what the hash needs is ever touched and becomes memory.

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};

use super::AuthError;

/// The least blocks (of 1 KiB) that are asked for.
const LARGE: usize = 33 << 10;

/// The hash of a password, as a PHC string.
pub(super) fn hash(params: Params, password: &[u8]) -> Result<String, AuthError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(failed)?;
    let params_text = ParamsString::try_from(&params).map_err(failed)?;
    let output = run(Algorithm::Argon2id, Version::V0x13, params, password, &salt)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params_text,
        salt: Some(Salt::new(&salt).map_err(failed)?),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

/// Whether the hash is one of that password.
pub(super) fn verify(password: &[u8], hash: &str) -> Result<bool, AuthError> {
    let hash = PasswordHash::new(hash).map_err(failed)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(failed)?;
    let version = hash.version.map(Version::try_from).transpose().map_err(failed)?.unwrap_or_default();
    let output = run(algorithm, version, Params::try_from(&hash).map_err(failed)?, password, salt)?;
    // In constant time, as `Output` compares.
    Ok(output == *expected)
}

fn run(
    algorithm: Algorithm,
    version: Version,
    params: Params,
    password: &[u8],
    salt: &[u8],
) -> Result<Output, AuthError> {
    let blocks = params.block_count();
    let mut memory = Vec::new();
    memory.try_reserve_exact(blocks.max(LARGE)).map_err(failed)?;
    memory.resize(blocks, Block::new());
    let argon2 = Argon2::new(algorithm, version, params);
    let mut output = [0; Output::MAX_LENGTH];
    let output = &mut output[..argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    argon2.hash_password_into_with_memory(password, salt, output, memory.as_mut_slice()).map_err(failed)?;
    Output::new(output).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> AuthError {
    AuthError::Hash(error.to_string())
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

    /// Ours and those of the library are the same hashes.
    #[test]
    fn hashes_are_those_of_the_library() {
        let params = || Params::new(64, 2, 2, None).unwrap();
        let library = Argon2::new(Algorithm::Argon2id, Version::V0x13, params());
        let theirs: PasswordHash = library.hash_password(b"correct horse").unwrap();
        assert!(verify(b"correct horse", &theirs.to_string()).unwrap());
        assert!(!verify(b"correct horsf", &theirs.to_string()).unwrap());
        let ours = hash(params(), b"correct horse").unwrap();
        assert!(library.verify_password(b"correct horse", ours.as_str()).is_ok());
        assert_ne!(ours, hash(params(), b"correct horse").unwrap(), "salted");
    }

    #[test]
    fn what_is_no_hash_is_an_error() {
        assert!(verify(b"x", "").is_err());
        assert!(verify(b"x", "$scrypt$x").is_err());
    }
}
