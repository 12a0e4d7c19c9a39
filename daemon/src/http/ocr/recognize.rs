//! Reading a single image in the request that brings it, by a task that lives no longer than the request.

use d2d_actors::{OneOff, System, UploadSlot};
use d2d_api::{NewTask, NewTaskFiles, OcrDocument, OcrEngineChoice, OcrQuality, ProblemCode, Task, TaskStatus};
use poem::Request;
use poem_openapi::param::Query;
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, OpenApi};
use tokio::time::Instant;

use super::SERVICE;
use super::choices::{self, Choices};
use super::image_body::ImageBody;
use crate::http::caller::Signed;
use crate::http::closing::Closing;
use crate::http::docs::Tag;
use crate::http::downloads::read_result;
use crate::http::fails::{Fails, problems};
use crate::http::line::hang_up;
use crate::http::problem::Failure;
use crate::http::uploads::{Single, UploadBody};

/// Somebody waits for it: it goes before the account's other tasks, but not before those of others.
const PRIORITY: i32 = 100;
/// If the daemon dies meanwhile, the task is gone so many seconds after its end.
const KEPT_SECONDS: u64 = 60;
/// What to do instead.
const TASKS: &str = "register a task with `POST /uploads/tasks`";
/// The format of the answer, among those of tasks.
const FORMAT: &str = "json";

pub(super) struct RecognizeApi(pub(super) System, pub(super) Closing);

problems! {
    RecognizeProblems: ServiceNotFound, ServiceBadParams, OcrNoEngine, RequestMalformed, UploadInterrupted,
        UploadTooLarge, UploadEmpty, UploadUnsupportedType, UploadTooManyFiles, UploadNoFiles, StorageFull, QueueFull,
        QuotaExceeded, InputDamaged, InputUnsupported, InputEncrypted, InputTooManyPixels, InputTooManyPages,
        InputNoPages, PageTimeout, PageCrashed, OcrModelMissing, TaskNotFound, TaskCancelled, ServiceUnavailable,
        StorageDamaged;
}

#[derive(ApiResponse)]
enum RecognizeAnswer {
    /// What was read: the same document as the result `json` of a task.
    #[oai(status = 200, actual_type = "Json<OcrDocument>")]
    Read(Binary<Vec<u8>>),
}

#[OpenApi(tag = "Tag::Recognition")]
impl RecognizeApi {
    /// Read an image
    ///
    /// One image in, its text out, in the same request: send it as the body, or in a form as `file`. The content decides
    /// what it is, not its name or the type that is said. For PDFs, images of several pages, large ones, and other formats
    /// of results, register a task with the uploads service.
    ///
    /// The image waits in the same queue as tasks, before others of the same account. As long as it is read it is one of
    /// the account's tasks; when the answer is sent, or the connection is closed, that is removed with all its data.
    #[allow(clippy::too_many_arguments)] // they are the parameters of the operation
    #[oai(path = "/ocr/recognize", method = "post", operation_id = "recognize")]
    async fn recognize(
        &self,
        caller: Signed,
        /// The languages of the text, by their codes; may be given several times. `eng` if not given.
        #[oai(default)]
        languages: Query<Vec<String>>,
        /// Speed or accuracy; `balanced` if not given.
        quality: Query<Option<OcrQuality>>,
        /// What reads the text; `auto` if not given.
        engine: Query<Option<OcrEngineChoice>>,
        /// Whether an image that lies on its side or head is turned before it is read; `true` if not given.
        rotate: Query<Option<bool>>,
        /// Whether a slanted image is straightened before it is read; `true` if not given.
        deskew: Query<Option<bool>>,
        /// Whether the contrast of a faint image is raised before it is read; `true` if not given.
        contrast: Query<Option<bool>>,
        /// Lines that the engine is less sure of than this are left out; 0.5 if not given.
        #[oai(validator(minimum(value = "0"), maximum(value = "1")))]
        min_confidence: Query<Option<f64>>,
        /// The name of the image, if it is the body itself.
        name: Query<Option<String>>,
        body: ImageBody,
        request: &Request,
    ) -> Result<RecognizeAnswer, Fails<RecognizeProblems>> {
        let choices = Choices::from(choices::Query {
            languages: languages.0,
            quality: quality.0,
            engine: engine.0,
            rotate: rotate.0,
            deskew: deskew.0,
            contrast: contrast.0,
            min_confidence: min_confidence.0,
        });
        let one_off = Box::pin(self.begin(&caller.0.name, choices, name.0, body.0)).await?;
        let answer = tokio::select! {
            biased;
            answer = self.answer(&one_off) => answer,
            () = hang_up(request).cancelled_owned() => {
                Err(Failure::new(ProblemCode::UploadInterrupted, "the connection was closed before the answer"))
            }
            () = self.1.ending() => {
                let detail = "the service is going down and did not get to the image: send it again in a moment";
                Err(Failure::new(ProblemCode::ServiceUnavailable, detail))
            }
        };
        if let Err(refused) = one_off.remove().await {
            tracing::warn!(%refused, "the task of an image that was read can't be removed: it will expire");
        }
        Ok(RecognizeAnswer::Read(Binary(answer?)))
    }
}

impl RecognizeApi {
    /// Takes the image in and begins to read it.
    async fn begin(
        &self,
        owner: &str,
        mut choices: Choices,
        name: Option<String>,
        body: UploadBody,
    ) -> Result<OneOff, Failure> {
        let rest = body.stream.clone();
        let received = async {
            let slot = self.slot(owner, &choices).await?;
            let single = Single::receive(&self.0, &slot, body, name).await.map_err(or_a_task)?;
            if single.file.media_type == "application/pdf" {
                let detail = format!("PDFs are not read at once: {TASKS}");
                return Err(Failure::new(ProblemCode::UploadUnsupportedType, detail));
            }
            Ok(single)
        };
        let single = match received.await {
            Ok(single) => single,
            Err(failure) => {
                rest.drain().await;
                return Err(failure);
            }
        };
        choices.add(single.fields)?;
        let begun = self.0.begin_one_off(owner, new_task(&choices), single.file, single.batch).await;
        begun.map_err(|refused| choices.in_request(refused))
    }

    /// What may be sent.
    async fn slot(&self, owner: &str, choices: &Choices) -> Result<UploadSlot, Failure> {
        let mut slot =
            self.0.check_one_off(owner, &new_task(choices)).await.map_err(|refused| choices.in_request(refused))?;
        slot.max_file_bytes = slot.max_file_bytes.min(self.0.config().ocr.recognize_max_bytes.bytes());
        Ok(slot)
    }

    /// What was read, once it is.
    async fn answer(&self, one_off: &OneOff) -> Result<Vec<u8>, Failure> {
        let patience = self.0.config().ocr.recognize_timeout;
        let task = one_off.settled(1, Instant::now() + patience).await?.ok_or_else(|| {
            let detail = format!(
                "there is much to do, and the image was not read within {} s: try again later, or {TASKS}",
                patience.as_secs_f64()
            );
            Failure::new(ProblemCode::ServiceUnavailable, detail)
        })?;
        check_end(task)?;
        let result = one_off.result(FORMAT).await?;
        read_result(self.0.store().blobs(), &result).await
    }
}

fn new_task(choices: &Choices) -> NewTask {
    NewTask {
        service: SERVICE.to_owned(),
        params: Some(choices.params()),
        files: Some(NewTaskFiles { expected: Some(1) }),
        priority: Some(PRIORITY),
        expires_in: Some(KEPT_SECONDS),
        ..NewTask::default()
    }
}

/// What is too large here may be taken as the file of a task.
fn or_a_task(mut failure: Failure) -> Failure {
    if failure.code == ProblemCode::UploadTooLarge {
        failure.detail = format!("{}; for larger ones {TASKS}", failure.detail);
    }
    failure
}

/// Whether the image was read: a task of one page that ended in `success`.
fn check_end(task: Task) -> Result<(), Failure> {
    let pages = task.pages.total;
    if pages > 1 {
        let detail = format!("the image has {pages} pages, and only one is read at once: {TASKS}");
        return Err(Failure::new(ProblemCode::InputTooManyPages, detail));
    }
    match (task.status, task.error) {
        (TaskStatus::Success, _) => Ok(()),
        (_, Some(error)) => Err(Failure::new(error.code, error.detail)),
        (TaskStatus::Cancelled, None) => Err(Failure::new(ProblemCode::TaskCancelled, task.message)),
        (status, None) => Err(Failure::internal(&format!("a task that was waited for ended in `{status}`"))),
    }
}
