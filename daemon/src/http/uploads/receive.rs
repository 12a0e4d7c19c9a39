//! Where the files of a request come from: its body, or the parts of a form.

use std::io::ErrorKind;

use bytes::Bytes;
use d2d_actors::FileSource;
use d2d_api::ProblemCode;
use multer::Field;

use super::body::{BodyStream, cut_off, interrupted};
use super::digest::Digests;
use crate::http::problem::Failure;

/// Where the bytes of one file come from.
pub(super) enum Source<'a> {
    /// The whole body.
    Body(BodyStream),
    /// A part of a form, with its digests and the body that it is read from.
    Part(Box<(Field<'a>, Digests)>, BodyStream),
}

impl FileSource for Source<'_> {
    type Error = Failure;

    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        match self {
            Self::Body(body) => body.chunk().await,
            Self::Part(part, body) => {
                let (part, digests) = &mut **part;
                let chunk = part.chunk().await.map_err(|error| of_form(&error))?;
                body.handed_on();
                match &chunk {
                    Some(chunk) => digests.update(chunk),
                    None => digests.check()?,
                }
                Ok(chunk)
            }
        }
    }
}

/// What is wrong with a form.
pub(super) fn of_form(error: &multer::Error) -> Failure {
    match error {
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders => interrupted(),
        multer::Error::StreamReadFailed(cause) => match cause.downcast_ref::<std::io::Error>() {
            Some(refused) if refused.kind() == ErrorKind::InvalidData => malformed(error),
            Some(error) => cut_off(error),
            None => interrupted(),
        },
        other => malformed(other),
    }
}

fn malformed(error: &multer::Error) -> Failure {
    Failure::new(ProblemCode::RequestMalformed, format!("the form can't be read: {error}"))
}
