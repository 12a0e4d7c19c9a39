//! Frames: a length of four bytes, big-endian, then that many bytes of JSON. Bounded, so that neither side can be made
//! to allocate without end.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The most bytes that a frame may carry.
pub const LARGEST_FRAME: usize = 64 << 20;

/// What can be wrong with a frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side is gone, or the pipe is broken.
    #[error("the pipe to the other process broke: {0}")]
    Io(#[from] io::Error),
    /// The frame is too long.
    #[error("a frame of {0} bytes is over the limit of {LARGEST_FRAME}")]
    TooLong(usize),
    /// The frame is not what was expected.
    #[error("a frame can't be read: {0}")]
    Content(#[from] serde_json::Error),
}

/// Reads one frame; `None` if the other side closed the pipe between two frames.
///
/// # Errors
/// [`FrameError`] if the pipe breaks, or the frame is too long or not a `T`.
pub fn read_frame<T: DeserializeOwned>(from: &mut impl Read) -> Result<Option<T>, FrameError> {
    let mut length = [0; 4];
    match from.read_exact(&mut length[..1]) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    from.read_exact(&mut length[1..])?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LARGEST_FRAME {
        return Err(FrameError::TooLong(length));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes one frame and flushes it.
///
/// # Errors
/// [`FrameError`] if the pipe breaks or the frame would be too long.
pub fn write_frame<T: Serialize>(to: &mut impl Write, message: &T) -> Result<(), FrameError> {
    let frame = encode(message)?;
    to.write_all(&frame)?;
    to.flush()?;
    Ok(())
}

/// The bytes of one frame, its length included.
fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= LARGEST_FRAME);
    let length = length.ok_or(FrameError::TooLong(body.len()))?;
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend_from_slice(&body);
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn frames_read_back(messages in prop::collection::vec(".{0,50}", 0..5)) {
            let mut pipe = Vec::new();
            for message in &messages {
                write_frame(&mut pipe, message)?;
            }
            let mut from = pipe.as_slice();
            for message in messages {
                prop_assert_eq!(read_frame::<String>(&mut from)?, Some(message));
            }
            prop_assert!(read_frame::<String>(&mut from)?.is_none());
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read_frame::<crate::Reply>(&mut bytes.as_slice());
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_it_is_allocated() {
        let mut from: &[u8] = &[0xff; 8];
        assert!(matches!(read_frame::<String>(&mut from), Err(FrameError::TooLong(_))));
    }
}
