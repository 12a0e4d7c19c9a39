//! Examples for the OpenAPI documents. They tell one story: an account, a scan on its way to its text, and its results.

mod account;
mod ops;
mod result;
mod task;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::TaskId;

/// When the story of the examples begins: 2026-01-05 09:30:00 UTC.
const BEGIN: i64 = 1_767_605_400;

fn task_id() -> TaskId {
    TaskId(Uuid::from_u128(0x019b_8d5a_33c0_7b11_9f04_6a2d_1c8e_4f70))
}

/// So many seconds into the story.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(BEGIN, 0).unwrap_or_default() + TimeDelta::seconds(seconds)
}
