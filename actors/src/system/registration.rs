//! What is checked of a new task before anything is stored.

use d2d_api::{FieldError, NewTask, ProblemCode};
use serde_json::Value;

use crate::{ConversionService, Refused, webhooks};

const LONGEST_LABEL: usize = 200;
const PRIORITIES: std::ops::RangeInclusive<i32> = -100..=100;

/// Checks a registration, and answers the parameters with the defaults filled in.
///
/// Fields of the task itself go first: a client that misspells those gets to know it before its parameters are judged.
pub(super) fn check(new: &NewTask, service: &dyn ConversionService, max_files: u32) -> Result<Value, Refused> {
    let errors: Vec<_> =
        [label(new), priority(new), expected(new, max_files), webhook_secret(new)].into_iter().flatten().collect();
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

fn webhook_secret(new: &NewTask) -> Option<FieldError> {
    let secret = new.webhook.as_ref().and_then(|webhook| webhook.secret.as_deref())?;
    webhooks::secret_fault(secret).map(|detail| FieldError { pointer: "/webhook/secret".to_owned(), detail })
}
