//! Hand-made states for tests: small ones for rules, one full of everything for pictures.

use chrono::{DateTime, FixedOffset, Offset as _, TimeDelta, Utc};
use d2d_api::{
    FRAME_VERSION, NodeInfo, OpsFrame, OpsFrameType, OpsTask, Overview, PageCount, Pool, PoolWorker, ProblemCode,
    QueueDepth, Reading, TaskError, TaskId, TaskStatus, WorkerState,
};

use crate::event::ClientEvent;
use crate::state::{Settings, State};

/// A moment, counted in seconds from the one when consoles of tests are opened.
pub(crate) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

pub(crate) fn task_id(number: u32) -> TaskId {
    format!("01a1b2c3-d4e5-7000-8000-0000{number:08x}").parse().unwrap()
}

/// A queued task; a larger number is a newer task.
pub(crate) fn task(number: u32) -> OpsTask {
    OpsTask {
        id: task_id(number),
        owner: "alice".into(),
        service: "ocr".into(),
        label: None,
        priority: 0,
        status: TaskStatus::Queued,
        message: "waiting for a worker".into(),
        progress: 0.0,
        pages: PageCount::default(),
        attempt: 0,
        error: None,
        files: vec![format!("scan-{number}.png")],
        bytes: 1_500_000,
        created_at: at(-600 + i64::from(number)),
        queued_at: Some(at(-595 + i64::from(number))),
        started_at: None,
        finished_at: None,
        seq: 3,
    }
}

pub(crate) fn overview(pages: u64) -> Overview {
    let reading = Reading { task: task_id(1), file: "parish register 1848.pdf".into(), page: 12, since: at(-2) };
    let worker = |index, state, rss_bytes: u64| PoolWorker {
        index,
        state,
        pid: (rss_bytes > 0).then_some(4_100 + index),
        rss_bytes,
        reading: None,
        pages: pages / 2,
        restarts: 0,
    };
    Overview {
        node: NodeInfo {
            name: "scanhost".into(),
            version: "0.1.0".into(),
            pid: 4_099,
            started_at: at(-11_520),
            rss_bytes: 88_290_099,
            draining: false,
        },
        queue: QueueDepth {
            awaiting_files: 1,
            queued: 2,
            execution: 2,
            succeeded: 120,
            failed: 2,
            cancelled: 0,
            pages,
        },
        pools: vec![Pool {
            service: "ocr".into(),
            waiting: 17,
            workers: vec![
                PoolWorker { reading: Some(reading), ..worker(0, WorkerState::Busy, 191_000_000) },
                worker(1, WorkerState::Idle, 180_000_000),
                PoolWorker { restarts: 3, ..worker(2, WorkerState::BackingOff, 0) },
            ],
        }],
    }
}

pub(crate) fn overview_frame(second: i64, pages: u64) -> OpsFrame {
    OpsFrame { overview: Some(overview(pages)), ..frame(OpsFrameType::Overview, second) }
}

pub(crate) fn snapshot(tasks: Vec<OpsTask>) -> OpsFrame {
    OpsFrame { tasks: Some(tasks), ..frame(OpsFrameType::Tasks, 0) }
}

pub(crate) fn changes(tasks: Vec<OpsTask>) -> OpsFrame {
    OpsFrame { tasks: Some(tasks), ..frame(OpsFrameType::Changes, 0) }
}

fn frame(kind: OpsFrameType, second: i64) -> OpsFrame {
    OpsFrame { v: FRAME_VERSION, kind, time: at(second), overview: None, tasks: None, error: None }
}

/// A console that was just opened.
pub(crate) fn state() -> State {
    let settings = Settings {
        target: "/run/d2d.sock".into(),
        readonly: false,
        color: false,
        zone: FixedOffset::east_opt(0).unwrap().fix(),
    };
    State::new(settings, at(0))
}

/// A console with a task in every state and minutes of history.
pub(crate) fn busy_state() -> State {
    let mut state = state();
    state.on_client(ClientEvent::Connected);
    let mut pages = 840;
    for second in -300..=0 {
        state.advance(at(second));
        pages += u64::from(second % 7 == 0) + u64::from(second > -120 && second % 3 == 0);
        state.on_client(ClientEvent::Frame(Box::new(overview_frame(second, pages))));
    }
    state.on_client(ClientEvent::Frame(Box::new(snapshot(every_kind()))));
    state
}

fn every_kind() -> Vec<OpsTask> {
    let running = |number, done, total| OpsTask {
        status: TaskStatus::Execution,
        message: format!("reading page {} of {total}", done + 1),
        progress: f64::from(done) / f64::from(total) * 100.0,
        pages: PageCount { done, total, failed: 0 },
        attempt: 1,
        started_at: Some(at(-540 + i64::from(number))),
        ..task(number)
    };
    let ended = |number, status, message: &str| OpsTask {
        status,
        message: message.into(),
        finished_at: Some(at(-60)),
        ..running(number, 3, 4)
    };
    let broken = TaskError {
        code: ProblemCode::InputDamaged,
        detail: "the image ends after 4,096 of 81,220 bytes: upload it again".into(),
        file: Some("broken.tif".into()),
        page: Some(1),
    };
    vec![
        OpsTask {
            label: Some("Parish registers, second box".into()),
            files: vec!["parish register 1848.pdf".into(), "parish register 1849.pdf".into(), "教区登記簿.pdf".into()],
            bytes: 44_040_192,
            ..running(1, 11, 27)
        },
        running(2, 0, 1),
        OpsTask { owner: "bob".into(), ..task(3) },
        OpsTask { owner: "catherine-of-the-archive".into(), files: vec!["letters.zip".repeat(9)], ..task(4) },
        OpsTask {
            status: TaskStatus::AwaitingFiles,
            message: "waiting for files".into(),
            files: vec![],
            bytes: 0,
            queued_at: None,
            ..task(5)
        },
        OpsTask {
            progress: 100.0,
            pages: PageCount { done: 4, total: 4, failed: 0 },
            ..ended(6, TaskStatus::Success, "done")
        },
        OpsTask {
            error: Some(broken),
            attempt: 3,
            pages: PageCount { done: 3, total: 4, failed: 1 },
            ..ended(7, TaskStatus::Failure, "failed")
        },
        ended(8, TaskStatus::Cancelled, "cancelled by alice"),
        ended(9, TaskStatus::Expired, "the results passed their time"),
    ]
}

/// `state` with its last frame this many seconds old.
pub(crate) fn later(mut state: State, seconds: i64) -> State {
    state.advance(state.now + TimeDelta::seconds(seconds));
    state
}
