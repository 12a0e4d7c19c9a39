//! Taking in what a request brings of an upload, and giving the task the file when it is complete.

use d2d_actors::{LONGEST_HEAD, Receiver, System, TusAccess, TusWriter, USUAL_HEAD, extension, media_type};
use d2d_api::{ProblemCode, UploadId, clean_file_name};
use d2d_store::{TusState, TusUpload};
use tracing::Instrument;

use super::checksum::Checksum;
use super::header::malformed;
use crate::http::problem::Failure;
use crate::http::uploads::body::BodyStream;

/// What a request brings.
pub(super) struct Delivery {
    /// Where its bytes belong.
    pub(super) offset: u64,
    /// How many bytes the upload has, if the request says so.
    pub(super) length: Option<u64>,
    /// The checksum that its bytes should have.
    pub(super) checksum: Option<Checksum>,
    /// How many bytes it says to bring.
    pub(super) declared_bytes: Option<u64>,
    /// Its bytes.
    pub(super) body: BodyStream,
}

/// Does work in a task of its own: it goes to its end even if the connection does not.
pub(super) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    tokio::spawn(work.in_current_span()).await.map_err(|error| Failure::internal(&error))?
}

/// Takes in what a request brings. What has come counts, whatever happens then, unless it should have a checksum.
pub(super) async fn take_in(
    system: &System,
    owner: &str,
    upload: UploadId,
    delivery: Delivery,
) -> Result<TusUpload, Failure> {
    let body = delivery.body.clone();
    let taken = async {
        match system.write_tus(owner, upload, delivery.offset).await? {
            TusAccess::Open(writer) => write(system, writer, delivery).await,
            TusAccess::Done(upload) => nothing_more(upload, delivery).await,
        }
    };
    let taken = taken.await;
    if let Err(failure) = &taken
        && failure.code != ProblemCode::UploadLocked
    {
        body.drain().await;
    }
    taken
}

/// Finishes an upload whose bytes are all here, but whose task has not got the file: the daemon ended in between.
pub(super) async fn finish(system: &System, owner: &str, upload: TusUpload) -> Result<TusUpload, Failure> {
    if upload.state == TusState::Done || upload.length != Some(upload.offset) {
        return Ok(upload);
    }
    match system.write_tus(owner, upload.id, upload.offset).await? {
        TusAccess::Open(mut writer) => {
            complete(system, &mut writer).await?;
            Ok(writer.upload().clone())
        }
        TusAccess::Done(upload) => Ok(upload),
    }
}

async fn write(system: &System, mut writer: Box<TusWriter>, mut delivery: Delivery) -> Result<TusUpload, Failure> {
    if let Some(length) = delivery.length {
        writer.set_length(length).await?;
    }
    let left = writer.most().saturating_sub(delivery.offset);
    if delivery.declared_bytes.is_some_and(|declared| declared > left) {
        return Err(too_much(left));
    }
    let pumped = match delivery.checksum.take() {
        Some(checksum) => pump_checked(&mut writer, &mut delivery.body, checksum).await,
        None => pump(system, &mut writer, &mut delivery.body).await,
    };
    pumped?;
    if writer.is_complete() {
        complete(system, &mut writer).await?;
    } else if writer.bytes() > delivery.offset {
        check_type(system, &mut writer, delivery.offset).await?;
    }
    Ok(writer.upload().clone())
}

/// Writes what comes, and keeps it, whatever happens.
async fn pump(system: &System, writer: &mut TusWriter, body: &mut BodyStream) -> Result<(), Failure> {
    let over = writer.superseded();
    tokio::pin!(over);
    let mut pumped = Ok(());
    loop {
        let before = writer.bytes();
        let chunk = tokio::select! {
            biased;
            () = &mut over => Err(superseded()),
            chunk = body.chunk() => chunk,
        };
        let written = match chunk {
            Ok(Some(chunk)) => writer.write(&chunk).await.map_err(Failure::from),
            Ok(None) => break,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = written {
            pumped = Err(failure);
            break;
        }
        check_type(system, writer, before).await?;
    }
    let kept = writer.keep().await;
    pumped.and(kept.map_err(Failure::from))
}

/// Writes what comes, and keeps it if it has the checksum.
async fn pump_checked(writer: &mut TusWriter, body: &mut BodyStream, mut checksum: Checksum) -> Result<(), Failure> {
    writer.hold().await?;
    let over = writer.superseded();
    tokio::pin!(over);
    let pumped: Result<(), Failure> = loop {
        let chunk = tokio::select! {
            biased;
            () = &mut over => break Err(superseded()),
            chunk = body.chunk() => chunk,
        };
        match chunk {
            Ok(Some(chunk)) => {
                checksum.update(&chunk);
                if let Err(refused) = writer.write(&chunk).await {
                    break Err(refused.into());
                }
            }
            Ok(None) if checksum.fits() => break Ok(()),
            Ok(None) => break Err(mismatch()),
            Err(failure) => break Err(failure),
        }
    };
    match pumped {
        Ok(()) => Ok(writer.keep().await?),
        Err(failure) => {
            writer.discard().await?;
            Err(failure)
        }
    }
}

/// Gives up an upload early whose first bytes, once they are here, tell that the task does not take it.
async fn check_type(system: &System, writer: &mut TusWriter, before: u64) -> Result<(), Failure> {
    let has_passed = |mark: usize| before < mark as u64 && writer.bytes() >= mark as u64;
    let tells = if has_passed(LONGEST_HEAD) {
        true
    } else if has_passed(USUAL_HEAD) {
        media_type(&writer.head(LONGEST_HEAD).await?).is_some()
    } else {
        false
    };
    if tells { accepted_type(system, writer).await.map(drop) } else { Ok(()) }
}

async fn accepted_type(system: &System, writer: &mut TusWriter) -> Result<&'static str, Failure> {
    let head = writer.head(LONGEST_HEAD).await?;
    let accepted = Receiver::new(system.store(), writer.slot()).accepted_type(writer.upload().name.as_deref(), &head);
    if accepted.is_err() {
        writer.give_up().await;
    }
    Ok(accepted?)
}

/// All bytes are durably here: gives the task the file.
async fn complete(system: &System, writer: &mut TusWriter) -> Result<(), Failure> {
    let media_type = accepted_type(system, writer).await?;
    let name = writer.upload().name.clone().unwrap_or_default();
    let name = clean_file_name(&name, &format!("file.{}", extension(media_type)));
    writer.finish(name, media_type).await?;
    Ok(())
}

/// The task has the file already: all that can be said is nothing.
async fn nothing_more(upload: TusUpload, mut delivery: Delivery) -> Result<TusUpload, Failure> {
    if delivery.length.is_some_and(|length| upload.length != Some(length)) {
        return Err(malformed("the length of the upload is known already, and is another"));
    }
    if delivery.declared_bytes.is_some_and(|declared| declared > 0) || delivery.body.chunk().await?.is_some() {
        return Err(too_much(0));
    }
    Ok(upload)
}

fn too_much(left: u64) -> Failure {
    Failure::new(ProblemCode::UploadTooLarge, format!("the upload takes {left} more bytes"))
}

fn mismatch() -> Failure {
    let detail = "the bytes do not have the checksum in `Upload-Checksum` and were thrown away: send them again";
    Failure::new(ProblemCode::UploadChecksumMismatch, detail)
}

fn superseded() -> Failure {
    Failure::new(ProblemCode::UploadLocked, "another request for the upload took over")
}
