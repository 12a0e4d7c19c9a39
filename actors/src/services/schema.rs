//! Parameters against the JSON Schema that clients are given: every fault at once, with its place.

use d2d_api::FieldError;
use jsonschema::Validator;
use jsonschema::error::{ValidationError, ValidationErrorKind};
use serde_json::Value;

/// Longer texts of the validator, which quote the value, are cut.
const LONGEST_DETAIL: usize = 300;

/// A compiled schema.
#[derive(Debug)]
pub(super) struct ParamsSchema(Option<Validator>);

impl ParamsSchema {
    /// A schema that is no valid one checks nothing: what the parameters are parsed into still does.
    pub(super) fn new(schema: &Value) -> Self {
        let validator = jsonschema::validator_for(schema);
        Self(validator.inspect_err(|error| tracing::error!(%error, "the schema of a service is not valid")).ok())
    }

    /// Everything that is wrong with the parameters, by JSON pointers into them.
    pub(super) fn faults(&self, params: &Value) -> Vec<FieldError> {
        let Some(validator) = &self.0 else { return Vec::new() };
        validator.iter_errors(params).flat_map(|error| in_words(&error)).collect()
    }
}

fn in_words(error: &ValidationError<'_>) -> Vec<FieldError> {
    let pointer = error.instance_path().as_str();
    let one = |detail: String| vec![FieldError { pointer: pointer.to_owned(), detail }];
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| FieldError {
                pointer: format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
                detail: "there is no such parameter".to_owned(),
            })
            .collect(),
        ValidationErrorKind::Enum { options } => one(one_of(options.as_array().into_iter().flatten())),
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            let constants: Vec<_> = context.iter().flatten().filter_map(constant).collect();
            one(if constants.is_empty() { shortened(error) } else { one_of(constants.into_iter()) })
        }
        _ => one(shortened(error)),
    }
}

fn constant<'a>(error: &'a ValidationError<'_>) -> Option<&'a Value> {
    match error.kind() {
        ValidationErrorKind::Constant { expected_value } => Some(expected_value),
        _ => None,
    }
}

fn one_of<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let values: Vec<_> = values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
    format!("must be one of {}", values.join(", "))
}

fn shortened(error: &ValidationError<'_>) -> String {
    let text = error.to_string();
    match text.char_indices().nth(LONGEST_DETAIL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_fault_is_told_with_its_place() {
        let schema = ParamsSchema::new(&json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "dpi": { "type": "integer", "minimum": 72 },
                "quality": { "oneOf": [{ "const": "fast" }, { "const": "accurate" }] },
                "formats": { "type": "array", "items": { "enum": ["txt", "json"] } },
            },
        }));
        let faults = schema.faults(&json!({ "dpi": 1, "quality": "best", "formats": ["txt", "docx"], "a/b": 1 }));
        let mut faults: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.detail.as_str())).collect();
        faults.sort_unstable();
        assert_eq!(
            faults,
            [
                ("/a~1b", "there is no such parameter"),
                ("/dpi", "1 is less than the minimum of 72"),
                ("/formats/1", "must be one of txt, json"),
                ("/quality", "must be one of fast, accurate"),
            ]
        );
    }

    #[test]
    fn a_long_value_is_not_quoted_at_length() {
        let schema = ParamsSchema::new(&json!({ "type": "integer" }));
        let faults = schema.faults(&json!("ä".repeat(10_000)));
        assert_eq!(faults.len(), 1);
        assert!(faults[0].detail.len() < 1000);
    }
}
