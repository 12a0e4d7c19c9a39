//! The life of a worker: lock the doors, get ready, then one request after another until the daemon closes the pipe.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use d2d_api::ProblemCode;
use serde_json::Value;

use crate::{Converter, FrameError, Refusal, Reply, Request, limits, read_frame, sandbox, write_frame};

/// Why a worker ended other than by the daemon's wish.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The pipe to the daemon.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The first request was not `Start`, or a later one was.
    #[error("the daemon spoke out of turn: `Start` comes first, and once; `d2d worker` is not for use by hand")]
    OutOfTurn,
    /// The converter can't work.
    #[error("the worker can't start: {0}")]
    Start(Refusal),
}

/// Serves requests read from `from` with replies written to `to` until `from` ends.
///
/// The first request gives the limits and the sandbox, which hold from then on, and the settings that `build` makes the
/// converter of: all files that it needs, then or later, must lie in the folders that the request names as readable.
/// Threads that run before `serve` stay outside of Landlock on kernels before 7.0, which the reply then names as a gap.
///
/// A panic of the converter is caught and answered as `Broken`; the worker goes on. An allocation over the memory limit
/// aborts the process, which the daemon sees as a pipe that ends in the middle.
///
/// # Errors
/// [`ServeError`] if the pipe breaks, the daemon speaks out of turn, or the converter can't be built (after having
/// answered so).
pub fn serve<B>(build: B, mut from: impl Read, mut to: impl Write) -> Result<(), ServeError>
where
    B: FnOnce(Value) -> Result<Box<dyn Converter>, Refusal>,
{
    let Some(first) = read_frame(&mut from)? else { return Ok(()) };
    let Request::Start { settings, readable, writable, programs, memory_bytes } = first else {
        return Err(ServeError::OutOfTurn);
    };
    let mut sandbox_gaps = limits::apply(memory_bytes);
    sandbox_gaps.extend(sandbox::lock(&readable, &writable, &programs));
    let mut converter = match guarded(|| build(settings)) {
        Ok(converter) => converter,
        Err(refusal) => {
            write_frame(&mut to, &Reply::Broken(refusal.clone()))?;
            return Err(ServeError::Start(refusal));
        }
    };
    write_frame(&mut to, &Reply::Ready { sandbox_gaps })?;
    while let Some(request) = read_frame(&mut from)? {
        let reply = answer(&mut *converter, request)?;
        send(&mut to, &reply)?;
    }
    Ok(())
}

fn answer(converter: &mut dyn Converter, request: Request) -> Result<Reply, ServeError> {
    let done = guarded(|| {
        Ok(match request {
            Request::Start { .. } => None,
            Request::Inspect { input, params } => Some(Reply::Inspected(converter.inspect(&input, &params)?)),
            Request::Convert(job) => Some(Reply::Converted { result: converter.convert(&job)? }),
            Request::Assemble(job) => Some(Reply::Assembled { artifacts: converter.assemble(&job)? }),
        })
    });
    done.map_or_else(|refusal| Ok(failed(refusal)), |reply| reply.ok_or(ServeError::OutOfTurn))
}

/// Runs a step of the converter; a panic in it becomes a refusal with the code of an internal fault. (What a panic said
/// is on stderr, by the panic hook.)
fn guarded<T>(step: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| {
        Err(Refusal::new(
            ProblemCode::Internal,
            "the converter met a fault of its own; the log of the service has the details",
        ))
    })
}

/// Codes of 500 and above are the service's fault, the others the input's.
fn failed(refusal: Refusal) -> Reply {
    if refusal.code.status() >= 500 { Reply::Broken(refusal) } else { Reply::Refused(refusal) }
}

/// Sends a reply; one that is too long for a frame is the page's fault, not the pipe's.
fn send(to: &mut impl Write, reply: &Reply) -> Result<(), ServeError> {
    match write_frame(to, reply) {
        Err(FrameError::TooLong(bytes)) => {
            let detail = format!("the result is too large ({bytes} bytes); convert fewer pages at a time");
            Ok(write_frame(to, &Reply::Refused(Refusal::new(ProblemCode::PageCrashed, detail)))?)
        }
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_do_is_no_error() {
        assert!(serve(|_| unreachable(), &[][..], &mut Vec::new()).is_ok());
    }

    #[test]
    fn work_before_start_is_refused() {
        let mut pipe = Vec::new();
        let input = crate::InputFile { path: "a".into(), name: "a".into(), media_type: "image/png".into() };
        assert!(write_frame(&mut pipe, &Request::Inspect { input, params: Value::Null }).is_ok());
        assert!(matches!(serve(|_| unreachable(), pipe.as_slice(), &mut Vec::new()), Err(ServeError::OutOfTurn)));
    }

    fn unreachable() -> Result<Box<dyn Converter>, Refusal> {
        Err(Refusal::new(ProblemCode::Internal, "built without being asked"))
    }
}
