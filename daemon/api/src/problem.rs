//! Errors as clients see them: RFC 9457 problem details with a stable code.

use serde::{Deserialize, Serialize};

/// An RFC 9457 problem, sent as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct Problem {
    /// A URI that names the kind of problem: `urn:data2data:problem:` and the code.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", oai(rename = "type"))]
    pub kind: String,
    /// The kind of problem, in a few words that never change.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong here, and what to do.
    pub detail: String,
    /// The stable code of the problem.
    pub code: ProblemCode,
    /// The request, as in the header `X-Request-Id` and in the log.
    pub request_id: String,
    /// The fields of the request that are wrong, if it was that.
    #[serde(default)]
    pub errors: Vec<FieldError>,
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct FieldError {
    /// Where in the request: a JSON pointer (RFC 6901) into the body, empty for the whole of it; for a parameter of the
    /// address, `/query/` and its name.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

impl FieldError {
    /// Something wrong at a place.
    #[must_use]
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

impl Problem {
    /// A problem with its `type`, `title` and `status` taken from the code.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:data2data:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            request_id: String::new(),
            errors: Vec::new(),
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// The stable codes of all problems: of requests, and of tasks that failed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
        pub enum ProblemCode {
            $(
                $(#[$doc])*
                #[serde(rename = $code)]
                #[cfg_attr(feature = "openapi", oai(rename = $code))]
                $variant,
            )+
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as clients see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The HTTP status that a request ending so is answered with. Codes of failed tasks have one too: the one
            /// that a synchronous request would get.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// The kind of problem, in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// Name or password is wrong, or the account is disabled.
    AuthBadCredentials = "auth.bad_credentials", 401, "Wrong name or password";
    /// No token was sent.
    AuthMissingToken = "auth.missing_token", 401, "A token is needed";
    /// The token can't be read, was not signed here, or its account is gone.
    AuthBadToken = "auth.bad_token", 401, "The token is not valid";
    /// The token's time is over: get a new one.
    AuthExpiredToken = "auth.expired_token", 401, "The token has expired";
    /// The refresh token is not one of ours, was used before, or was revoked: log in again.
    AuthBadRefreshToken = "auth.bad_refresh_token", 401, "The refresh token is not valid";
    /// The ticket of a websocket was used before, has expired, or is not one of ours: get a new one.
    AuthBadTicket = "auth.bad_ticket", 401, "The ticket is not valid";
    /// The account may not do that.
    AuthForbidden = "auth.forbidden", 403, "Not allowed for this account";
    /// The API key does not have the scope that the operation needs.
    AuthInsufficientScope = "auth.insufficient_scope", 403, "The API key has not that scope";
    /// Too many logins failed or run at once: wait as `Retry-After` says.
    AuthRateLimited = "auth.rate_limited", 429, "Too many logins";
    /// There is no such account.
    AuthUserNotFound = "auth.user_not_found", 404, "No such account";
    /// An account of that name exists.
    AuthUserExists = "auth.user_exists", 409, "The account exists";
    /// There is no such API key among yours.
    AuthApiKeyNotFound = "auth.api_key_not_found", 404, "No such API key";
    /// The account has as many API keys as it may have: remove one first.
    AuthTooManyApiKeys = "auth.too_many_api_keys", 409, "Too many API keys";
    /// The request can't be read: not JSON, wrong encoding, missing part.
    RequestMalformed = "request.malformed", 400, "The request can't be read";
    /// The request can be read, but a field is missing, unknown or out of its range.
    RequestInvalid = "request.invalid", 422, "A field of the request is wrong";
    /// There is nothing at this address.
    RequestNotFound = "request.not_found", 404, "Nothing at this address";
    /// The address does not know this method.
    RequestMethodNotAllowed = "request.method_not_allowed", 405, "Method not allowed";
    /// The body is not of a type that this operation takes.
    RequestUnsupportedMediaType = "request.unsupported_media_type", 415, "Body of a wrong type";
    /// The address is that of a websocket.
    RequestNeedsWebsocket = "request.needs_websocket", 426, "Open it as a websocket";
    /// The body is larger than this operation takes.
    RequestTooLarge = "request.too_large", 413, "The body is too large";
    /// The answer can't be made in any of the types that `Accept` names.
    RequestNotAcceptable = "request.not_acceptable", 406, "Not available in that type";
    /// The condition of the request (`If-Match`) does not hold: what is there is another version.
    RequestPreconditionFailed = "request.precondition_failed", 412, "The precondition does not hold";
    /// A request with the same `Idempotency-Key` is being answered just now: wait for it.
    RequestInProgress = "request.in_progress", 409, "The same request is in progress";
    /// The `Idempotency-Key` was used for another request.
    RequestKeyReused = "request.key_reused", 422, "The idempotency key was used otherwise";
    /// There is no such task, or it is not yours.
    TaskNotFound = "task.not_found", 404, "No such task";
    /// The state of the task does not allow this.
    TaskWrongState = "task.wrong_state", 409, "The task is in another state";
    /// The task was stopped at its owner's or an operator's wish.
    TaskCancelled = "task.cancelled", 409, "The task was cancelled";
    /// There is no such conversion service.
    ServiceNotFound = "service.not_found", 404, "No such conversion service";
    /// A parameter of the conversion service is wrong.
    ServiceBadParams = "service.bad_params", 422, "A parameter is wrong";
    /// The file is larger than the service takes.
    UploadTooLarge = "upload.too_large", 413, "The file is too large";
    /// The file is empty.
    UploadEmpty = "upload.empty", 422, "The file is empty";
    /// The file is not of a type that the service takes; its content decides, not its name.
    UploadUnsupportedType = "upload.unsupported_type", 415, "Not a type that the service takes";
    /// There are more files than the service takes, or than were announced.
    UploadTooManyFiles = "upload.too_many_files", 422, "Too many files";
    /// No file was sent, or the task has none yet.
    UploadNoFiles = "upload.no_files", 422, "No file";
    /// There is no such file in the task.
    UploadFileNotFound = "upload.file_not_found", 404, "No such file";
    /// The connection ended before the file did.
    UploadInterrupted = "upload.interrupted", 400, "The upload was cut off";
    /// There is no such resumable upload.
    UploadNotFound = "upload.not_found", 404, "No such upload";
    /// The resumable upload was not finished in time, and was removed.
    UploadExpired = "upload.expired", 410, "The upload has expired";
    /// The upload stands at another offset: ask for it with `HEAD`.
    UploadWrongOffset = "upload.wrong_offset", 409, "Another offset was expected";
    /// Another request is writing to the upload just now.
    UploadLocked = "upload.locked", 423, "The upload is being written to";
    /// The bytes do not have the checksum that was sent with them; they were thrown away.
    UploadChecksumMismatch = "upload.checksum_mismatch", 460, "The checksum does not fit";
    /// The digest of a whole file, `Repr-Digest` or `Content-Digest`, does not fit what arrived.
    UploadDigestMismatch = "upload.digest_mismatch", 422, "The digest does not fit";
    /// That version of the tus protocol is not spoken here.
    UploadUnsupportedVersion = "upload.unsupported_version", 412, "Not a version of tus that is known";
    /// The URL is no address that can be fetched: `http` or `https`, with a host, without name and password.
    FetchBadUrl = "fetch.bad_url", 422, "Not a URL that can be fetched";
    /// The URL leads to an address that is not public.
    FetchForbidden = "fetch.forbidden_address", 422, "The address is not public";
    /// The file could not be fetched.
    FetchFailed = "fetch.failed", 422, "The file could not be fetched";
    /// Fetching the file took too long.
    FetchTimeout = "fetch.timeout", 422, "Fetching took too long";
    /// The queue is full: try again as `Retry-After` says.
    QueueFull = "queue.full", 429, "The queue is full";
    /// The account has as much as it may have of tasks under way or of bytes stored: wait, or remove tasks.
    QuotaExceeded = "quota.exceeded", 429, "The quota of the account is used up";
    /// The disk of the service is nearly full.
    StorageFull = "storage.full", 507, "The disk is nearly full";
    /// The content is damaged or cut off.
    InputDamaged = "input.damaged", 422, "The file is damaged";
    /// The content is of a kind that the service can't read.
    InputUnsupported = "input.unsupported", 422, "The file can't be read";
    /// The document wants a password.
    InputEncrypted = "input.encrypted", 422, "The document is encrypted";
    /// The image has more pixels than is allowed.
    InputTooManyPixels = "input.too_many_pixels", 422, "The image is too large";
    /// The document has more pages than is allowed.
    InputTooManyPages = "input.too_many_pages", 422, "Too many pages";
    /// The document has no page.
    InputNoPages = "input.no_pages", 422, "The document has no page";
    /// The page range names no page of the document.
    OcrPageRange = "ocr.page_range", 422, "The page range fits no page";
    /// No installed engine reads that language.
    OcrNoEngine = "ocr.no_engine", 422, "No engine for the language";
    /// A recognition model is missing and could not be had.
    OcrModelMissing = "ocr.model_missing", 503, "A recognition model is missing";
    /// The page took longer than is allowed.
    PageTimeout = "page.timeout", 422, "The page took too long";
    /// The page needed more memory than is allowed, or crashed its worker each time it was tried.
    PageCrashed = "page.crashed", 422, "The page can't be processed";
    /// The task has not ended in `success`.
    DownloadNotReady = "download.not_ready", 409, "There is no result yet";
    /// The results passed their time.
    DownloadExpired = "download.expired", 410, "The results have expired";
    /// There is no such result file in the task.
    DownloadNotFound = "download.not_found", 404, "No such result file";
    /// The asked range lies outside the file.
    DownloadBadRange = "download.bad_range", 416, "The range lies outside the file";
    /// The signed link was changed, has expired, or is not of this file.
    DownloadBadLink = "download.bad_link", 403, "The link is not valid";
    /// The service is going down: try again soon.
    ServiceUnavailable = "service.unavailable", 503, "The service is not available now";
    /// A fault of the service itself; the log has it under the request id.
    Internal = "internal", 500, "A fault of the service";
}

impl std::fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ProblemCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or_else(|| format!("no code `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_read_back() {
        for (i, code) in ProblemCode::ALL.iter().enumerate() {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert_eq!(serde_json::to_value(code).ok(), Some(code.as_str().into()));
            assert!(ProblemCode::ALL[i + 1..].iter().all(|other| other.as_str() != code.as_str()), "{code} twice");
            assert!((400..600).contains(&code.status()));
        }
    }
}
