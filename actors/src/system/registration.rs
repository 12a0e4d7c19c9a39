//! What is checked of a new task before anything is stored.

use std::time::Duration;

use d2d_api::{FieldError, NewTask, ProblemCode};
use serde_json::Value;

use crate::{ConversionService, Refused};

const LONGEST_LABEL: usize = 200;
const SHORTEST_KEEP: Duration = Duration::from_mins(1);
/// What is longer is for ever.
const LONGEST_KEEP: Duration = Duration::from_hours(24 * 36_500);
const PRIORITIES: std::ops::RangeInclusive<i32> = -100..=100;

/// Checks a registration, and answers the parameters with the defaults filled in.
///
/// Fields of the task itself go first: a client that misspells those gets to know it before its parameters are judged.
pub(super) fn check(
    new: &NewTask,
    service: &dyn ConversionService,
    max_files: u32,
    keep: Option<Duration>,
) -> Result<Value, Refused> {
    let checks = [label(new), priority(new), expected(new, max_files), expires_in(new, keep)];
    let errors: Vec<_> = checks.into_iter().flatten().collect();
    if !errors.is_empty() {
        return Err(Refused::fields(ProblemCode::RequestInvalid, errors));
    }
    service.check_params(new.params.as_ref()).map_err(|refused| {
        let errors = refused.errors.into_iter();
        let in_request = errors.map(|error| FieldError { pointer: format!("/params{}", error.pointer), ..error });
        Refused::fields(refused.code, in_request.collect())
    })
}

fn label(new: &NewTask) -> Option<FieldError> {
    let label = new.label.as_deref()?;
    let detail = if label.chars().count() > LONGEST_LABEL {
        format!("must have at most {LONGEST_LABEL} characters")
    } else if label.chars().any(char::is_control) {
        "must not have control characters".to_owned()
    } else {
        return None;
    };
    Some(FieldError { pointer: "/label".to_owned(), detail })
}

fn priority(new: &NewTask) -> Option<FieldError> {
    let fits = new.priority.is_none_or(|priority| PRIORITIES.contains(&priority));
    let detail = format!("must be from {} to {}", PRIORITIES.start(), PRIORITIES.end());
    (!fits).then(|| FieldError { pointer: "/priority".to_owned(), detail })
}

fn expected(new: &NewTask, max_files: u32) -> Option<FieldError> {
    let fits = new.files.as_ref().and_then(|files| files.expected).is_none_or(|count| (1..=max_files).contains(&count));
    let detail = format!("must be from 1 to {max_files}, the most files that a task may have here");
    (!fits).then(|| FieldError { pointer: "/files/expected".to_owned(), detail })
}

fn expires_in(new: &NewTask, keep: Option<Duration>) -> Option<FieldError> {
    let (least, most) = (SHORTEST_KEEP.as_secs(), keep.unwrap_or(LONGEST_KEEP).as_secs());
    let fits = new.expires_in.is_none_or(|seconds| (least..=most).contains(&seconds));
    let detail = format!("must be from {least} to {most} seconds, for which ended tasks are kept here");
    (!fits).then(|| FieldError { pointer: "/expires_in".to_owned(), detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_can_ask_for_less_time_and_not_for_more() {
        let wrong = |seconds, keep| {
            let new = NewTask { expires_in: Some(seconds), ..NewTask::default() };
            expires_in(&new, keep).map(|error| error.pointer)
        };
        let (hour, bad) = (Some(Duration::from_hours(1)), Some("/expires_in".to_owned()));
        assert_eq!((wrong(60, hour), wrong(3600, hour)), (None, None));
        assert_eq!((wrong(59, hour), wrong(3601, hour)), (bad.clone(), bad.clone()));
        assert_eq!((wrong(1_000_000_000, None), wrong(u64::MAX, None)), (None, bad));
    }
}
