//! The body of an upload as it comes off the wire: never spooled, never buffered beyond a bound.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use d2d_actors::name_in_disposition;
use d2d_api::ProblemCode;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use poem::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, EXPECT};
use poem::{Body, Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use tokio::time::{Sleep, sleep, timeout};

use super::digest::Digests;
use crate::http::payload::Stall;
use crate::http::problem::Failure;

/// The most bytes that the multipart parser may hold back without handing any on.
const MOST_HELD: usize = 1 << 20;
/// After a refusal so much of the body is still taken, for so long, that the client gets to read the answer.
const DRAIN: (usize, Duration) = (16 << 20, Duration::from_secs(3));

/// The body of an upload, unread.
pub(in crate::http) struct UploadBody {
    /// Its bytes.
    pub(in crate::http) stream: BodyStream,
    /// The boundary between its parts, if it is a multipart form.
    pub(super) boundary: Option<String>,
    /// What `Content-Length` says; nothing is done because of it but refusing early.
    pub(super) declared_bytes: Option<u64>,
    /// The file name in `Content-Disposition`.
    pub(super) disposition: Option<String>,
}

impl<'a> ApiExtractor<'a> for UploadBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(_registry: &mut Registry) {}

    fn request_meta() -> Option<MetaRequest> {
        let binary = || MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary")));
        let files = MetaSchema { items: Some(Box::new(binary())), ..MetaSchema::new("array") };
        let form = MetaSchema {
            properties: vec![("file", MetaSchemaRef::Inline(Box::new(files)))],
            required: vec!["file"],
            ..MetaSchema::new("object")
        };
        Some(MetaRequest {
            description: Some("A form with one or several files, or a single file as it is."),
            content: vec![
                MetaMediaType { content_type: "multipart/form-data", schema: MetaSchemaRef::Inline(Box::new(form)) },
                MetaMediaType { content_type: "application/octet-stream", schema: binary() },
            ],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let body: Body = body.take()?;
        Ok(Self {
            stream: BodyStream::new(body, request, Digests::of(request.headers())?),
            boundary: boundary(request)?,
            declared_bytes: header(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            disposition: request
                .headers()
                .get(CONTENT_DISPOSITION)
                .and_then(|value| name_in_disposition(value.as_bytes())),
        })
    }
}

/// The boundary between the parts of a form; `None` if the body is none.
fn boundary(request: &Request) -> Result<Option<String>, Failure> {
    let form = request.content_type().filter(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/"));
    form.map(multer::parse_boundary).transpose().map_err(|_| {
        let detail = "a form has to be `multipart/form-data` with its `boundary` in `Content-Type`";
        Failure::new(ProblemCode::RequestMalformed, detail)
    })
}

/// The bytes of a body. Clones read from the same body.
#[derive(Clone)]
pub(in crate::http) struct BodyStream {
    shared: Arc<Shared>,
    /// Whether the last poll gave bytes: then the next one gives way first. The multipart parser takes whatever is ready
    /// before it hands anything on, which from a fast client is the whole file.
    gave: bool,
}

struct Shared {
    wire: Mutex<Wire>,
    /// The bytes read since [`BodyStream::handed_on`].
    held: AtomicUsize,
    started: AtomicBool,
    /// The client waits for `100 Continue` before it sends anything.
    expects: bool,
    /// A client that sends nothing for so long is gone.
    stall: Duration,
    /// What the whole of it shall be.
    digests: Mutex<Digests>,
}

/// The body as it comes.
struct Wire {
    bytes: BoxStream<'static, std::io::Result<Bytes>>,
    /// Until when something has to come.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl BodyStream {
    pub(super) fn new(body: Body, request: &Request, digests: Digests) -> Self {
        let (expects, stall) = (request.headers().contains_key(EXPECT), Stall::of(request));
        let wire = Mutex::new(Wire { bytes: body.into_bytes_stream().boxed(), stalled: None });
        let (held, started, digests) = (0.into(), false.into(), Mutex::new(digests));
        Self { shared: Arc::new(Shared { wire, held, started, expects, stall, digests }), gave: false }
    }

    /// The next bytes; `None` at the end of a body that is what it shall be.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        self.handed_on();
        match self.next().await {
            Some(chunk) => chunk.map(Some).map_err(|error| cut_off(&error)),
            None => self.digests().check().map(|()| None),
        }
    }

    /// Takes what comes after the end of a form, and looks whether the whole is what it shall be.
    pub(super) async fn finish(mut self) -> Result<(), Failure> {
        while self.chunk().await?.is_some() {}
        Ok(())
    }

    fn digests(&self) -> MutexGuard<'_, Digests> {
        self.shared.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the parser took was handed on: it may hold as much again.
    pub(super) fn handed_on(&self) {
        self.shared.held.store(0, Ordering::Relaxed);
    }

    /// Takes some more of a body that was refused, so that a client still sending it gets to read why.
    pub(in crate::http) async fn drain(mut self) {
        if self.shared.expects && !self.shared.started.load(Ordering::Relaxed) {
            return;
        }
        let (most, within) = DRAIN;
        let drained = timeout(within, async {
            let mut taken = 0;
            while taken < most
                && let Ok(Some(chunk)) = self.chunk().await
            {
                taken += chunk.len();
            }
        });
        if drained.await.is_err() {
            tracing::debug!("a client went on sending what was refused");
        }
    }
}

impl Wire {
    /// The next bytes; an error if none come for too long.
    fn poll(&mut self, stall: Duration, context: &mut Context<'_>) -> Poll<Option<std::io::Result<Bytes>>> {
        let polled = self.bytes.poll_next_unpin(context);
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(stall)));
        if stalled.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.stalled = None;
        let told = format!("nothing of the upload came for {} s", stall.as_secs_f64());
        Poll::Ready(Some(Err(std::io::Error::new(ErrorKind::TimedOut, told))))
    }
}

impl Stream for BodyStream {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.gave) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = {
            let mut wire = self.shared.wire.lock().unwrap_or_else(PoisonError::into_inner);
            self.shared.started.store(true, Ordering::Relaxed);
            wire.poll(self.shared.stall, context)
        };
        if let Poll::Ready(Some(Ok(chunk))) = &polled {
            self.digests().update(chunk);
            if self.shared.held.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len() > MOST_HELD {
                return Poll::Ready(Some(Err(std::io::Error::new(
                    ErrorKind::InvalidData,
                    "the headers of a part have no end",
                ))));
            }
            self.gave = true;
        }
        polled
    }
}

/// The body did not come to its end.
pub(super) fn cut_off(error: &std::io::Error) -> Failure {
    if error.kind() != ErrorKind::TimedOut {
        return interrupted();
    }
    Failure::new(ProblemCode::UploadInterrupted, format!("{error}: send it again"))
}

/// The body ended before it was complete.
pub(super) fn interrupted() -> Failure {
    Failure::new(ProblemCode::UploadInterrupted, "the upload ended before the file did: send it again")
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, stream};

    use super::*;

    fn endless() -> BodyStream {
        BodyStream::new(
            Body::from_bytes_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 65536]))),
            &Request::default(),
            Digests::default(),
        )
    }

    #[tokio::test]
    async fn it_gives_way_between_chunks() {
        let mut body = endless();
        assert!(body.next().now_or_never().is_some());
        assert!(body.next().now_or_never().is_none());
        assert!(body.next().now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_body_of_which_nothing_comes_is_given_up() {
        let mut request = Request::default();
        request.set_data(Stall(Duration::from_millis(50)));
        let silent = Body::from_bytes_stream(stream::pending::<std::io::Result<Bytes>>());
        let mut body = BodyStream::new(silent, &request, Digests::default());
        let failure = timeout(Duration::from_secs(30), body.chunk()).await.unwrap().unwrap_err();
        assert_eq!(failure.code, ProblemCode::UploadInterrupted);
        assert!(failure.detail.contains("0.05 s"), "{}", failure.detail);
    }

    #[tokio::test]
    async fn what_is_not_handed_on_is_bounded() {
        let mut body = endless();
        let mut taken = 0;
        while let Some(Ok(chunk)) = body.next().await {
            taken += chunk.len();
        }
        assert_eq!(taken, MOST_HELD);
        assert!(body.chunk().await.unwrap().is_some());
    }
}
