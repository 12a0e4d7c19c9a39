//! What a client of data2data sees: ids, states, events, request and response types, problem codes.
//!
//! This crate knows no other of ours and does no I/O. The daemon answers with these types, the console and the tests
//! read them, the store keeps the states and codes by the names given here. With the feature `openapi` the types also
//! describe themselves in the OpenAPI documents.

mod auth;
mod backup;
mod check;
mod download;
mod event;
#[cfg(feature = "openapi")]
mod examples;
mod ids;
mod ocr;
mod ops;
mod problem;
mod service;
mod task;
mod text;

pub use auth::{
    ApiKey, ApiKeys, Grant, Me, NewApiKey, NewUser, PasswordChange, RefreshGrant, Revocation, Role, Scope,
    SigningKeyInfo, Ticket, Token, User, UserPatch, Users,
};
pub use backup::{BACKUP_FORMAT, DumpCounts, DumpLine, DumpStart};
pub use check::{Check, account_name_fault, password_fault};
pub use download::{Artifact, LINK_SECONDS, Link, MOST_LINK_SECONDS, Manifest, NewLink};
pub use event::{FRAME_VERSION, Frame, FrameType, LiveFrame, TaskProgress};
pub use ids::{ArtifactId, BadId, FileId, TaskId, UploadId};
pub use ocr::{
    OcrBlock, OcrBlockKind, OcrDocument, OcrEngine, OcrEngineChoice, OcrEngineInfo, OcrEngines, OcrFormat, OcrFormats,
    OcrLanguage, OcrLanguages, OcrLine, OcrModel, OcrModelPack, OcrPage, OcrParamsSchema, OcrPreparation, OcrQuality,
    OcrRequest, OcrTextSource, OcrWord,
};
pub use ops::{
    DeadLetterFilter, NodeInfo, NotReplayed, OpsFrame, OpsFrameType, OpsTask, OpsTasks, Overview, Pool, PoolWorker,
    QueueDepth, Reading, Replay, Replayed, WorkerState,
};
pub use problem::{FieldError, Problem, ProblemCode};
pub use service::{ServiceInfo, ServiceLimits, Services};
pub use task::{
    InputFile, LogEntry, NewTask, NewTaskFiles, NewUrls, NewWebhook, PageCount, PageError, RefusedTransition, Task,
    TaskError, TaskList, TaskLog, TaskStatus, TaskUrl, TaskWebhook, Transition, UploadedFiles, UrlStatus, WebhookEvent,
    WebhookMessage, WebhookStatus,
};
pub use text::clean_file_name;
