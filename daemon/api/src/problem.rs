//! Errors as clients see them: RFC 9457 problem details with a stable code.

use serde::{Deserialize, Serialize};

/// An RFC 9457 problem, sent as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
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
    /// The error code of OAuth 2 (RFC 6749 section 5.2), for clients that know only that: in answers of the operations
    /// that give out tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
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
            error: None,
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// The stable codes of all problems: of requests, and of tasks that failed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(poem_openapi::Enum))]
        pub enum ProblemCode {
            $(
                $(#[doc = $doc])+
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

            /// What it means, and what to do.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_start()),+ }
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
    /// Name or password is wrong, or the account is disabled: check both, or ask the operator.
    AuthBadCredentials = "auth.bad_credentials", 401, "Wrong name or password";
    /// The request carries no token: get one from `POST /auth/token` and send it as `Authorization: Bearer ...`.
    AuthMissingToken = "auth.missing_token", 401, "A token is needed";
    /// The token can't be read, was not signed here, or its account has changed since: log in again.
    AuthBadToken = "auth.bad_token", 401, "The token is not valid";
    /// The token's time is over: get a new one with the refresh token, or log in again.
    AuthExpiredToken = "auth.expired_token", 401, "The token has expired";
    /// The refresh token is not one of ours, was used before, or was revoked: log in again.
    AuthBadRefreshToken = "auth.bad_refresh_token", 401, "The refresh token is not valid";
    /// The ticket of a websocket was used before, has expired, or is not one of ours: get a new one.
    AuthBadTicket = "auth.bad_ticket", 401, "The ticket is not valid";
    /// The account may not do that: only operators may.
    AuthForbidden = "auth.forbidden", 403, "Not allowed for this account";
    /// The API key does not have the scope that the operation needs: use one that has, or a token.
    AuthInsufficientScope = "auth.insufficient_scope", 403, "The API key has not that scope";
    /// Too many logins failed or run at once: wait as `Retry-After` says.
    AuthRateLimited = "auth.rate_limited", 429, "Too many logins";
    /// There is no such account: look at the list of accounts.
    AuthUserNotFound = "auth.user_not_found", 404, "No such account";
    /// An account of that name exists: choose another name, or change that account.
    AuthUserExists = "auth.user_exists", 409, "The account exists";
    /// There is no such API key among yours: list them.
    AuthApiKeyNotFound = "auth.api_key_not_found", 404, "No such API key";
    /// The account has as many API keys as it may have: remove one first.
    AuthTooManyApiKeys = "auth.too_many_api_keys", 409, "Too many API keys";
    /// The request can't be read: not JSON, a wrong encoding, a missing part. Send it as the documentation has it.
    RequestMalformed = "request.malformed", 400, "The request can't be read";
    /// The request can be read, but fields are missing, unknown or out of their range: `errors` names each.
    RequestInvalid = "request.invalid", 422, "A field of the request is wrong";
    /// There is nothing at this address: look at the documentation for the right one.
    RequestNotFound = "request.not_found", 404, "Nothing at this address";
    /// The address does not know this method: `Allow` names those that it knows.
    RequestMethodNotAllowed = "request.method_not_allowed", 405, "Method not allowed";
    /// The body is not of a type that this operation takes: send one that it takes, and name it in `Content-Type`.
    RequestUnsupportedMediaType = "request.unsupported_media_type", 415, "Body of a wrong type";
    /// The address is that of a websocket: open it with a websocket client.
    RequestNeedsWebsocket = "request.needs_websocket", 426, "Open it as a websocket";
    /// The body is larger than this operation takes: send less.
    RequestTooLarge = "request.too_large", 413, "The body is too large";
    /// The body did not come in time: send it in one go.
    RequestTimeout = "request.timeout", 408, "The request came too slowly";
    /// The answer can't be made in any of the types that `Accept` names.
    RequestNotAcceptable = "request.not_acceptable", 406, "Not available in that type";
    /// The condition of the request (`If-Match`) does not hold, what is there is another version: read it anew.
    RequestPreconditionFailed = "request.precondition_failed", 412, "The precondition does not hold";
    /// A request with the same `Idempotency-Key` is being answered just now: wait for it.
    RequestInProgress = "request.in_progress", 409, "The same request is in progress";
    /// The `Idempotency-Key` was used for another request: use a new key for each request.
    RequestKeyReused = "request.key_reused", 422, "The idempotency key was used otherwise";
    /// There is no such task, or it is not yours: look at the list of your tasks.
    TaskNotFound = "task.not_found", 404, "No such task";
    /// The state of the task does not allow this: read the task to see where it stands.
    TaskWrongState = "task.wrong_state", 409, "The task is in another state";
    /// The task was stopped at its owner's or an operator's wish: register another if it is still wanted.
    TaskCancelled = "task.cancelled", 409, "The task was cancelled";
    /// There is no such conversion service: `GET /uploads/services` lists them.
    ServiceNotFound = "service.not_found", 404, "No such conversion service";
    /// Parameters of the conversion service are wrong: `errors` names each; the schema is in `GET /uploads/services`.
    ServiceBadParams = "service.bad_params", 422, "A parameter is wrong";
    /// The file is larger than the service takes: split it, or ask the operator to raise the limit.
    UploadTooLarge = "upload.too_large", 413, "The file is too large";
    /// The file is empty: check what was sent.
    UploadEmpty = "upload.empty", 422, "The file is empty";
    /// The file is not of a type that the service takes; its content decides, not its name. Convert it first.
    UploadUnsupportedType = "upload.unsupported_type", 415, "Not a type that the service takes";
    /// There are more files than the service takes, or than were announced: register another task for them.
    UploadTooManyFiles = "upload.too_many_files", 422, "Too many files";
    /// No file was sent, or the task has none yet: send one.
    UploadNoFiles = "upload.no_files", 422, "No file";
    /// There is no such file in the task: read the task to see its files.
    UploadFileNotFound = "upload.file_not_found", 404, "No such file";
    /// The connection ended before the file did, nothing of it was kept: send it again, or use a resumable upload.
    UploadInterrupted = "upload.interrupted", 400, "The upload was cut off";
    /// There is no such resumable upload, or it is complete: read the task to see its files.
    UploadNotFound = "upload.not_found", 404, "No such upload";
    /// The resumable upload was not finished in time and was removed: begin again.
    UploadExpired = "upload.expired", 410, "The upload has expired";
    /// The upload stands at another offset: ask for it with `HEAD`.
    UploadWrongOffset = "upload.wrong_offset", 409, "Another offset was expected";
    /// Another request is writing to the upload just now.
    UploadLocked = "upload.locked", 423, "The upload is being written to";
    /// The bytes do not have the checksum that was sent with them and were thrown away: send them again.
    UploadChecksumMismatch = "upload.checksum_mismatch", 460, "The checksum does not fit";
    /// The digest, `Repr-Digest` or `Content-Digest`, does not fit what arrived: send the file again.
    UploadDigestMismatch = "upload.digest_mismatch", 422, "The digest does not fit";
    /// That version of tus is not spoken here: send `Tus-Resumable: 1.0.0`.
    UploadUnsupportedVersion = "upload.unsupported_version", 412, "Not a version of tus that is known";
    /// The URL is no address that can be fetched: `http` or `https`, with a host, without name and password.
    FetchBadUrl = "fetch.bad_url", 422, "Not a URL that can be fetched";
    /// The URL leads to an address that is not public: upload the file, or ask the operator to allow the network.
    FetchForbidden = "fetch.forbidden_address", 422, "The address is not public";
    /// The file could not be fetched: look at the URL, or upload the file.
    FetchFailed = "fetch.failed", 422, "The file could not be fetched";
    /// Fetching the file took too long: try again, or upload the file.
    FetchTimeout = "fetch.timeout", 422, "Fetching took too long";
    /// The queue is full: try again as `Retry-After` says.
    QueueFull = "queue.full", 429, "The queue is full";
    /// The account has as much as it may have of tasks under way or of bytes stored: wait, or remove tasks.
    QuotaExceeded = "quota.exceeded", 429, "The quota of the account is used up";
    /// The disk of the service is nearly full: try again later; its operator has to make room.
    StorageFull = "storage.full", 507, "The disk is nearly full";
    /// A file is missing or damaged in the storage of the service, and was not given away: upload the original again and
    /// convert it anew; the log of the service tells its operator which file it is.
    StorageDamaged = "storage.damaged", 500, "A stored file is damaged";
    /// The content is damaged or cut off: check the file, or make it anew.
    InputDamaged = "input.damaged", 422, "The file is damaged";
    /// The content is of a kind that the service can't read: convert it first.
    InputUnsupported = "input.unsupported", 422, "The file can't be read";
    /// The document wants a password: give it as the parameter `password`, or remove it first.
    InputEncrypted = "input.encrypted", 422, "The document is encrypted";
    /// The image has more pixels than is allowed: make it smaller.
    InputTooManyPixels = "input.too_many_pixels", 422, "The image is too large";
    /// The document has more pages than is allowed: split it, or name fewer in `pages`.
    InputTooManyPages = "input.too_many_pages", 422, "Too many pages";
    /// The document has no page: check the file.
    InputNoPages = "input.no_pages", 422, "The document has no page";
    /// The page range names no page of the document: correct `pages`.
    OcrPageRange = "ocr.page_range", 422, "The page range fits no page";
    /// No installed engine reads that language: `GET /ocr/languages` lists what can be read.
    OcrNoEngine = "ocr.no_engine", 422, "No engine for the language";
    /// A recognition model is missing and could not be had: the operator has to pull it.
    OcrModelMissing = "ocr.model_missing", 503, "A recognition model is missing";
    /// The page took longer than is allowed: try it at a lower resolution.
    PageTimeout = "page.timeout", 422, "The page took too long";
    /// The page needed more memory than is allowed, or crashed its worker each time it was tried: leave it out.
    PageCrashed = "page.crashed", 422, "The page can't be processed";
    /// The task has not ended in `success`: wait until it has.
    DownloadNotReady = "download.not_ready", 409, "There is no result yet";
    /// The results passed their time and were removed: register the task again.
    DownloadExpired = "download.expired", 410, "The results have expired";
    /// There is no such result file in the task: list the results.
    DownloadNotFound = "download.not_found", 404, "No such result file";
    /// The asked range lies outside the file: `Content-Range` tells its size.
    DownloadBadRange = "download.bad_range", 416, "The range lies outside the file";
    /// The signed link was changed, has expired, or is not of this file: make a new one.
    DownloadBadLink = "download.bad_link", 403, "The link is not valid";
    /// The database is a server's, which has a backup of its own: use that.
    BackupServerDatabase = "backup.server_database", 409, "The database is a server's";
    /// The service is going down, or not up yet, or has too much to do: try again as `Retry-After` says.
    ServiceUnavailable = "service.unavailable", 503, "The service is not available now";
    /// A fault of the service itself: try again, or give the request id to its operator, whose log has more.
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

    /// The table in `docs/problems.md` has every code, with what it means and what to do. A test that fails says what the
    /// file should have.
    #[test]
    fn the_documentation_lists_every_code() {
        let rows =
            ProblemCode::ALL.iter().map(|code| format!("| `{code}` | {} | {} |\n", code.status(), code.advice()));
        let table: String = ["| code | status | what it means, and what to do |\n|---|---|---|\n".to_owned()]
            .into_iter()
            .chain(rows)
            .collect();
        assert!(
            include_str!("../../../docs/problems.md").ends_with(&table),
            "docs/problems.md should end with:\n{table}"
        );
    }
}
