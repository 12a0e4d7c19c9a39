//! What is checked of a new task before anything is stored.

use std::collections::BTreeSet;
use std::time::Duration;

use d2d_api::{FieldError, InputFile, NewTask, ProblemCode};
use serde_json::{Map, Value};

use crate::outbound::Outbound;
use crate::{ConversionService, Refused, webhooks};

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
    outbound: &Outbound,
) -> Result<Value, Refused> {
    let wrong = [
        label(new),
        priority(new),
        expected(new, max_files),
        url_count(new, max_files),
        webhook_secret(new),
        expires_in(new, keep),
    ];
    let errors: Vec<_> = wrong.into_iter().flatten().collect();
    if !errors.is_empty() {
        return Err(Refused::fields(ProblemCode::RequestInvalid, errors));
    }
    if let Some(urls) = &new.urls {
        check_urls(urls, outbound)?;
    }
    service.check_params(new.params.as_ref()).map_err(|refused| {
        let errors = refused.errors.into_iter();
        let in_request = errors.map(|error| FieldError { pointer: format!("/params{}", error.pointer), ..error });
        Refused::fields(refused.code, in_request.collect())
    })
}

/// Takes those parameters out that are never shown, as the JSON Schema of the service says (`writeOnly`).
pub(super) fn take_secrets(params: &mut Value, schema: &Value) -> Option<Value> {
    let properties = schema.get("properties")?.as_object()?;
    let secret = |name: &str| properties.get(name).is_some_and(|property| property["writeOnly"] == true);
    let params = params.as_object_mut()?;
    let names: Vec<_> =
        params.iter().filter(|(name, value)| secret(name) && !value.is_null()).map(|(name, _)| name.clone()).collect();
    let secrets: Map<_, _> = names.into_iter().filter_map(|name| params.remove_entry(&name)).collect();
    (!secrets.is_empty()).then_some(Value::Object(secrets))
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

/// Nothing need be uploaded if there is something to fetch.
fn expected(new: &NewTask, max_files: u32) -> Option<FieldError> {
    let least = u32::from(new.urls.is_none());
    let fits = announced(new).is_none_or(|count| (least..=max_files).contains(&count));
    let detail = format!("must be from {least} to {max_files}, the most files that a task may have here");
    (!fits).then(|| FieldError { pointer: "/files/expected".to_owned(), detail })
}

fn webhook_secret(new: &NewTask) -> Option<FieldError> {
    let secret = new.webhook.as_ref().and_then(|webhook| webhook.secret.as_deref())?;
    webhooks::secret_fault(secret).map(|detail| FieldError { pointer: "/webhook/secret".to_owned(), detail })
}

fn url_count(new: &NewTask, max_files: u32) -> Option<FieldError> {
    let count = new.urls.as_ref()?.len();
    let most = max_files.saturating_sub(announced(new).unwrap_or_default());
    let fits = count > 0 && count <= most as usize;
    let detail =
        format!("must have from 1 to {most} URLs: a task may have {max_files} files here, with those uploaded");
    (!fits).then(|| FieldError { pointer: "/urls".to_owned(), detail })
}

fn announced(new: &NewTask) -> Option<u32> {
    new.files.as_ref().and_then(|files| files.expected)
}

/// Checks what can be told of URLs before they are fetched. If all that are wrong are so for the same reason, that is the
/// code of the refusal.
pub(super) fn check_urls(urls: &[String], outbound: &Outbound) -> Result<(), Refused> {
    let wrong = urls.iter().enumerate().filter_map(|(index, url)| Some((index, outbound.admit(url).err()?)));
    let (mut codes, mut errors) = (BTreeSet::new(), Vec::new());
    for (index, error) in wrong {
        codes.insert(error.code().as_str());
        errors.push(FieldError { pointer: format!("/urls/{index}"), detail: error.to_string() });
    }
    if errors.is_empty() {
        return Ok(());
    }
    let only = codes.first().filter(|_| codes.len() == 1).and_then(|code| code.parse().ok());
    Err(Refused::fields(only.unwrap_or(ProblemCode::RequestInvalid), errors))
}

/// What can be told of a stored file without reading it.
pub(super) fn check_file(file: &InputFile, service: &dyn ConversionService) -> Result<(), Refused> {
    let info = service.info();
    if file.bytes == 0 {
        return Err(Refused::new(ProblemCode::UploadEmpty, format!("`{}` is empty", file.name)));
    }
    if file.bytes > info.limits.file_bytes {
        let detail = format!("`{}` has {} bytes; at most {} are taken", file.name, file.bytes, info.limits.file_bytes);
        return Err(Refused::new(ProblemCode::UploadTooLarge, detail));
    }
    if !info.media_types.contains(&file.media_type) {
        let detail =
            format!("`{}` is {}; `{}` takes {}", file.name, file.media_type, info.name, info.media_types.join(", "));
        return Err(Refused::new(ProblemCode::UploadUnsupportedType, detail));
    }
    Ok(())
}

fn expires_in(new: &NewTask, keep: Option<Duration>) -> Option<FieldError> {
    let (least, most) = (SHORTEST_KEEP.as_secs(), keep.unwrap_or(LONGEST_KEEP).as_secs());
    let fits = new.expires_in.is_none_or(|seconds| (least..=most).contains(&seconds));
    let detail = format!("must be from {least} to {most} seconds, for which ended tasks are kept here");
    (!fits).then(|| FieldError { pointer: "/expires_in".to_owned(), detail })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_write_only_is_kept_apart() {
        let schema = json!({"properties": {"password": {"writeOnly": true}, "pin": {"writeOnly": true}, "dpi": {}}});
        let mut params = json!({"password": "secret", "pin": null, "dpi": 300});
        assert_eq!(take_secrets(&mut params, &schema), Some(json!({"password": "secret"})));
        assert_eq!(params, json!({"pin": null, "dpi": 300}));
        assert_eq!(take_secrets(&mut params, &schema), None);
        assert_eq!(take_secrets(&mut params, &json!({})), None);
    }

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
