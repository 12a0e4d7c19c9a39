//! How an image shall be read: choices in the address or in the form, as the parameters of a task.

use std::collections::BTreeSet;

use d2d_actors::Refused;
use d2d_api::{FieldError, OcrEngineChoice, OcrQuality};
use serde_json::{Map, Value, json};

use crate::http::problem::Failure;

/// What can be chosen.
const NAMES: [&str; 7] = ["languages", "quality", "engine", "rotate", "deskew", "contrast", "min_confidence"];

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Choices {
    params: Map<String, Value>,
    /// Those that the form has: they go before those in the address.
    in_form: BTreeSet<String>,
}

/// The choices in the address.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) languages: Vec<String>,
    pub(super) quality: Option<OcrQuality>,
    pub(super) engine: Option<OcrEngineChoice>,
    pub(super) rotate: Option<bool>,
    pub(super) deskew: Option<bool>,
    pub(super) contrast: Option<bool>,
    pub(super) min_confidence: Option<f64>,
}

impl From<Query> for Choices {
    fn from(query: Query) -> Self {
        let all = json!({
            "quality": query.quality,
            "engine": query.engine,
            "rotate": query.rotate,
            "deskew": query.deskew,
            "contrast": query.contrast,
            "min_confidence": query.min_confidence,
            "languages": Some(query.languages).filter(|languages| !languages.is_empty()),
        });
        let Value::Object(mut params) = all else { return Self::default() };
        params.retain(|_, value| !value.is_null());
        Self { params, in_form: BTreeSet::new() }
    }
}

impl Choices {
    /// Adds the fields of a form.
    pub(super) fn add(&mut self, fields: Vec<(String, String)>) -> Result<(), Failure> {
        let mut errors = Vec::new();
        for (name, text) in fields {
            match read(&name, text) {
                Ok(value) => self.insert(name, value),
                Err(detail) => errors.push(FieldError::new(format!("/{name}"), detail)),
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Failure::fields(errors)) }
    }

    fn insert(&mut self, name: String, value: Value) {
        let first = self.in_form.insert(name.clone());
        match (self.params.get_mut(&name), value) {
            // A list has a field for each of its items.
            (Some(Value::Array(items)), Value::Array(more)) if !first => items.extend(more),
            (_, value) => drop(self.params.insert(name, value)),
        }
    }

    /// The parameters of the task; it has no result but what is answered.
    pub(super) fn params(&self) -> Value {
        let mut params = self.params.clone();
        params.insert("formats".to_owned(), json!(["json"]));
        Value::Object(params)
    }

    /// A refusal of the task, with its pointers into the request that was made.
    pub(super) fn in_request(&self, refused: Refused) -> Failure {
        if refused.errors.is_empty() {
            return refused.into();
        }
        let errors = refused.errors.into_iter().map(|error| {
            let place = error.pointer.strip_prefix("/params/").unwrap_or(&error.pointer);
            let name = place.split('/').next().unwrap_or_default();
            let within = if self.in_form.contains(name) { "/" } else { "/query/" };
            FieldError::new(format!("{within}{place}"), error.detail)
        });
        Refused::fields(refused.code, errors.collect()).into()
    }
}

/// The value that a field of a form has.
fn read(name: &str, text: String) -> Result<Value, String> {
    match name {
        "languages" => Ok(json!([text])),
        "quality" | "engine" => Ok(Value::String(text)),
        "rotate" | "deskew" | "contrast" => {
            text.parse().map(Value::Bool).map_err(|_| "must be `true` or `false`".to_owned())
        }
        "min_confidence" => text.parse::<f64>().map(Value::from).map_err(|_| "must be a number".to_owned()),
        _ => Err(format!("there is no such field; there are `file`, `{}`", NAMES.join("`, `"))),
    }
}

#[cfg(test)]
mod tests {
    use d2d_api::ProblemCode;

    use super::*;

    fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    fn asked() -> Choices {
        let languages = vec!["eng".to_owned(), "deu".to_owned()];
        Query { languages, quality: Some(OcrQuality::Fast), rotate: Some(false), ..Query::default() }.into()
    }

    #[test]
    fn choices_become_parameters() {
        let expected = json!({"languages": ["eng", "deu"], "quality": "fast", "rotate": false, "formats": ["json"]});
        assert_eq!(asked().params(), expected);
        assert_eq!(Choices::from(Query::default()).params(), json!({"formats": ["json"]}));
    }

    #[test]
    fn the_form_goes_before_the_address() {
        let mut choices = asked();
        let form = [("languages", "fra"), ("languages", "ita"), ("rotate", "true"), ("min_confidence", "0.25")];
        choices.add(fields(&form)).unwrap();
        let expected = json!({
            "languages": ["fra", "ita"], "quality": "fast", "rotate": true, "min_confidence": 0.25, "formats": ["json"],
        });
        assert_eq!(choices.params(), expected);
    }

    #[test]
    fn wrong_fields_are_named() {
        let wrong = fields(&[("rotate", "yes"), ("min_confidence", "much"), ("formats", "txt"), ("quality", "fast")]);
        let failure = Choices::default().add(wrong).unwrap_err();
        let pointers: Vec<_> = failure.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/rotate", "/min_confidence", "/formats"]);
    }

    #[test]
    fn refusals_point_to_where_the_choice_was_made() {
        let mut choices = asked();
        choices.add(fields(&[("quality", "best")])).unwrap();
        let errors = ["/params/quality", "/params/languages/1"].map(|pointer| FieldError::new(pointer, "no")).into();
        let failure = choices.in_request(Refused::fields(ProblemCode::ServiceBadParams, errors));
        let pointers: Vec<_> = failure.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/quality", "/query/languages/1"]);
    }
}
