//! The service at work, as operators see it.

use poem_openapi::types::Example;

use super::task::running;
use super::{at, task_id};
use crate::{
    DeadLetterFilter, NodeInfo, OpsFrame, OpsTask, OpsTasks, Overview, Pool, PoolWorker, ProblemCode, QueueDepth,
    Reading, Replay, Replayed, WorkerState,
};

fn task() -> OpsTask {
    OpsTask::new("ada".to_owned(), running())
}

impl Example for Overview {
    fn example() -> Self {
        let reading = Reading { task: task_id(), file: "page.png".to_owned(), page: 2, since: at(5) };
        let worker = PoolWorker {
            index: 0,
            state: WorkerState::Busy,
            pid: Some(4211),
            rss_bytes: 182_452_224,
            reading: Some(reading),
            pages: 1289,
            restarts: 0,
        };
        Self {
            node: NodeInfo {
                name: "scanner-1".to_owned(),
                version: "0.1.0".to_owned(),
                pid: 4187,
                started_at: at(-7200),
                rss_bytes: 96_468_992,
                draining: false,
            },
            queue: QueueDepth {
                awaiting_files: 1,
                queued: 3,
                execution: 1,
                succeeded: 412,
                failed: 2,
                cancelled: 1,
                pages: 1289,
            },
            pools: vec![Pool { service: "ocr".to_owned(), waiting: 7, workers: vec![worker] }],
        }
    }
}

impl Example for OpsTasks {
    fn example() -> Self {
        Self { items: vec![task()], next_cursor: None }
    }
}

impl Example for Replay {
    fn example() -> Self {
        let filter = DeadLetterFilter { code: Some(ProblemCode::PageCrashed), ..DeadLetterFilter::default() };
        Self { filter: Some(filter), ..Self::default() }
    }
}

impl Example for Replayed {
    fn example() -> Self {
        Self { queued: vec![task_id()], ..Self::default() }
    }
}

impl Example for OpsFrame {
    fn example() -> Self {
        Self { time: at(6), ..Self::changes(vec![task()]) }
    }
}
