//! A request that brings a single file: as its body, or in a form that may have other fields beside it.

use bytes::BytesMut;
use d2d_actors::{Receiver, System, UploadSlot, name_in_disposition};
use d2d_api::{FieldError, InputFile, ProblemCode};
use multer::{Field, Multipart};
use poem::http::header::CONTENT_DISPOSITION;

use super::batch::Batch;
use super::body::{BodyStream, UploadBody};
use super::digest::Digests;
use super::files::check_declared;
use super::receive::{Source, of_form};
use crate::http::problem::Failure;

/// The field that has the file.
const FILE: &str = "file";
/// The most bytes of another field, and the most of these.
const LONGEST_FIELD: usize = 1024;
const MOST_FIELDS: usize = 100;

/// A file that is stored, but of no task yet, and the fields that came with it.
pub(in crate::http) struct Single {
    /// The file.
    pub(in crate::http) file: InputFile,
    /// Keeps its content until a task refers to it.
    pub(in crate::http) batch: Batch,
    /// The other fields, in their order.
    pub(in crate::http) fields: Vec<(String, String)>,
}

impl Single {
    /// Takes the file in, as `slot` allows it. If this fails or is dropped, nothing of it stays.
    pub(in crate::http) async fn receive(
        system: &System,
        slot: &UploadSlot,
        body: UploadBody,
        name: Option<String>,
    ) -> Result<Self, Failure> {
        check_declared(system.store(), &body, slot).await?;
        let (receiver, mut batch, mut fields) =
            (Receiver::new(system.store(), slot), Batch::new(system.store()), Vec::new());
        if let Some(boundary) = body.boundary {
            form(&receiver, boundary, body.stream, &mut batch, &mut fields).await?;
        } else {
            let name = name.or(body.disposition);
            batch.push(receiver.receive(name.as_deref(), Source::Body(body.stream)).await?);
        }
        let file = batch.first().map(|received| received.file.clone()).ok_or_else(|| {
            Failure::new(ProblemCode::UploadNoFiles, format!("the form has no file: send one as the field `{FILE}`"))
        })?;
        Ok(Self { file, batch, fields })
    }
}

async fn form(
    receiver: &Receiver<'_>,
    boundary: String,
    body: BodyStream,
    batch: &mut Batch,
    fields: &mut Vec<(String, String)>,
) -> Result<(), Failure> {
    let mut form = Multipart::new(body.clone(), boundary);
    while let Some(part) = form.next_field().await.map_err(|error| of_form(&error))? {
        body.handed_on();
        let file_name = part.headers().get(CONTENT_DISPOSITION).and_then(|value| name_in_disposition(value.as_bytes()));
        let field = part.name().unwrap_or_default().to_owned();
        if file_name.is_none() && field != FILE {
            let text = text(part, &field, &body).await?;
            fields.push((field, text));
            if fields.len() > MOST_FIELDS {
                let detail = format!("the form has more than {MOST_FIELDS} fields");
                return Err(Failure::new(ProblemCode::RequestMalformed, detail));
            }
        } else if batch.len() > 0 {
            return Err(Failure::new(ProblemCode::UploadTooManyFiles, "only one file is taken in a request"));
        } else {
            let digests = Digests::of(part.headers())?;
            let source = Source::Part(Box::new((part, digests)), body.clone());
            batch.push(receiver.receive(file_name.as_deref(), source).await?);
        }
    }
    body.finish().await
}

/// The text of a field.
async fn text(mut part: Field<'_>, name: &str, body: &BodyStream) -> Result<String, Failure> {
    let mut text = BytesMut::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| of_form(&error))? {
        body.handed_on();
        text.extend_from_slice(&chunk);
        if text.len() > LONGEST_FIELD {
            let detail = format!("has more than {LONGEST_FIELD} bytes");
            return Err(Failure::fields(vec![FieldError::new(format!("/{name}"), detail)]));
        }
    }
    String::from_utf8(text.into())
        .map_err(|_| Failure::fields(vec![FieldError::new(format!("/{name}"), "is not UTF-8")]))
}
