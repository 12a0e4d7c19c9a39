//! A scan on its way from registration to its text.

use poem_openapi::types::Example;
use serde_json::json;
use uuid::Uuid;

use super::{at, task_id};
use crate::{
    FileId, Frame, InputFile, LogEntry, NewTask, NewTaskFiles, PageCount, ServiceInfo, ServiceLimits, Services, Task,
    TaskList, TaskLog, TaskProgress, TaskStatus, UploadedFiles,
};

fn file() -> InputFile {
    InputFile {
        id: FileId(Uuid::from_u128(0x019b_8d5a_4210_7c8e_b1d7_3e5f_9a60_2b44)),
        name: "page.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: 38_211,
        sha256: "3c9f1a0f6f6ce3b3a4e6d9f0c6a7f51d2f1f0b1f6b8f2a77d7b0e4f1c2a39d58".to_owned(),
    }
}

/// The task as it was registered.
fn registered() -> Task {
    Task {
        id: task_id(),
        service: "ocr".to_owned(),
        params: json!({ "languages": ["eng"], "quality": "balanced", "formats": ["txt", "pdf"] }),
        label: Some("box 7".to_owned()),
        priority: 0,
        status: TaskStatus::AwaitingFiles,
        message: "waiting for files".to_owned(),
        progress: 0.0,
        pages: PageCount::default(),
        queue_position: None,
        eta_seconds: None,
        attempt: 0,
        retry_at: None,
        error: None,
        partial: false,
        page_errors: Vec::new(),
        expected_files: Some(1),
        files: Vec::new(),
        urls: Vec::new(),
        webhook: None,
        created_at: at(0),
        queued_at: None,
        started_at: None,
        finished_at: None,
        expires_at: Some(at(24 * 60 * 60)),
        seq: 1,
    }
}

fn queued() -> Task {
    Task {
        status: TaskStatus::Queued,
        message: "queued".to_owned(),
        queue_position: Some(2),
        files: vec![file()],
        queued_at: Some(at(2)),
        expires_at: None,
        seq: 2,
        ..registered()
    }
}

pub(super) fn running() -> Task {
    Task {
        status: TaskStatus::Execution,
        message: "page 1 of 2".to_owned(),
        progress: 45.0,
        pages: PageCount { done: 1, total: 2, failed: 0 },
        queue_position: None,
        eta_seconds: Some(3),
        attempt: 1,
        started_at: Some(at(4)),
        seq: 5,
        ..queued()
    }
}

impl Example for NewTask {
    fn example() -> Self {
        Self {
            service: "ocr".to_owned(),
            params: Some(json!({ "languages": ["eng"], "formats": ["txt", "pdf"] })),
            files: Some(NewTaskFiles { expected: Some(1) }),
            label: Some("box 7".to_owned()),
            ..Self::default()
        }
    }
}

impl Example for Task {
    fn example() -> Self {
        running()
    }
}

impl Example for TaskProgress {
    fn example() -> Self {
        Self::from(&running())
    }
}

impl Example for Frame {
    fn example() -> Self {
        Self { time: at(6), ..Self::change(&running()) }
    }
}

impl Example for UploadedFiles {
    fn example() -> Self {
        Self { files: vec![file()], task: queued() }
    }
}

impl Example for TaskList {
    fn example() -> Self {
        Self { items: vec![running()], next_cursor: Some(task_id().to_string()) }
    }
}

impl Example for TaskLog {
    fn example() -> Self {
        let entry = |seq, seconds, status, message: &str, attempt| LogEntry {
            seq,
            time: at(seconds),
            status,
            message: message.to_owned(),
            attempt,
        };
        Self {
            items: vec![
                entry(1, 0, TaskStatus::AwaitingFiles, "waiting for files", 0),
                entry(2, 2, TaskStatus::Queued, "queued", 0),
                entry(3, 4, TaskStatus::Execution, "started", 1),
            ],
        }
    }
}

impl Example for ServiceInfo {
    fn example() -> Self {
        Self {
            name: "ocr".to_owned(),
            title: "Text recognition".to_owned(),
            description: "Scans, photos and PDFs in, their text out.".to_owned(),
            params: json!({
                "type": "object",
                "properties": { "languages": { "type": "array", "items": { "type": "string" }, "default": ["eng"] } },
                "additionalProperties": false,
            }),
            media_types: vec!["application/pdf".to_owned(), "image/png".to_owned(), "image/tiff".to_owned()],
            limits: ServiceLimits { file_bytes: 2 << 30, files: 1000, pages: 20_000, page_pixels: 200_000_000 },
        }
    }
}

impl Example for Services {
    fn example() -> Self {
        Self { items: vec![ServiceInfo::example()] }
    }
}
