//! The OpenAPI document of a service: what the operations say of themselves, and what every document needs beside.

use std::collections::{BTreeSet, HashMap};
use std::marker::PhantomData;

use d2d_api::{FieldError, Problem, ProblemCode};
use indexmap::IndexMap;
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::{LicenseObject, OpenApi, OpenApiService, ServerObject};
use serde_json::json;

use super::ordered::Node;
use super::{About, callbacks};
use crate::http::app::PREFIX;
use crate::http::operations::RouteTable;
use crate::http::problem;

/// How a reference to a schema begins.
const SCHEMAS: &str = "#/components/schemas/";

/// The OpenAPI document of the operations of `T`.
pub(super) fn document<T: OpenApi>(about: &About) -> String {
    let described = OpenApiService::new(Described::<T>(PhantomData), about.title, env!("CARGO_PKG_VERSION"))
        .description(about.description)
        .license(LicenseObject::new("MIT OR Apache-2.0").url("https://spdx.org/licenses/"))
        .server(ServerObject::new(PREFIX))
        .spec();
    // What can't be read is served as it is: the tests of the documents would tell.
    let Ok(mut document) = serde_json::from_str::<Node>(&described) else { return described };
    callbacks::describe(&mut document);
    complete(&mut document);
    serde_json::to_string_pretty(&document).unwrap_or(described)
}

/// The operations of `T` without anything behind them.
struct Described<T>(PhantomData<T>);

impl<T: OpenApi> OpenApi for Described<T> {
    fn meta() -> Vec<MetaApi> {
        T::meta()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn add_routes(self, _table: &mut RouteTable) {}
}

/// Adds what the description of the operations leaves out.
fn complete(document: &mut Node) {
    say_once(document);
    let types = types(document);
    for name in asked_for(document) {
        if let Some(schema) = schema(document, &name) {
            allow_null(schema, &types);
        }
    }
    let schemes = document.get("components").and_then(|components| components.get("securitySchemes"));
    for (_, scheme) in schemes.into_iter().flat_map(Node::each) {
        name_scopes(scheme);
    }
    let paths = document.get("paths").into_iter().flat_map(Node::each);
    for (_, operation) in paths.flat_map(|(_, path)| path.each()) {
        if let Some(members) = operation.members() {
            // Said, not left out: it is meant that anybody may.
            members.entry("security".to_owned()).or_insert_with(|| Node::Array(Vec::new()));
        }
        for (status, response) in operation.get("responses").into_iter().flat_map(Node::each) {
            name_plain_json(response);
            describe_events(response);
            show_problems(status, response);
        }
    }
}

/// What stands beside a reference to a schema is said twice, the second time in an `allOf` that few generators read.
fn say_once(node: &mut Node) {
    match node {
        Node::Object(members) => {
            let said = members.clone();
            if let Some(Node::Array(parts)) = members.get_mut("allOf") {
                parts.retain(|part| !is_said(part, &said));
            }
            members.values_mut().for_each(say_once);
        }
        Node::Array(items) => items.iter_mut().for_each(say_once),
        Node::Leaf(_) => {}
    }
}

/// Whether all of `part` is said by the members `said`.
fn is_said(part: &Node, said: &IndexMap<String, Node>) -> bool {
    matches!(part, Node::Object(members) if members.iter().all(|(name, value)| said.get(name) == Some(value)))
}

/// The names of the schemas that requests are made of.
fn asked_for(document: &mut Node) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let paths = document.get("paths").into_iter().flat_map(Node::each);
    for (_, operation) in paths.flat_map(|(_, path)| path.each()) {
        if let Some(body) = operation.get("requestBody") {
            references(body, &mut names);
        }
    }
    let mut before = 0;
    while names.len() > before {
        before = names.len();
        for name in names.clone() {
            if let Some(schema) = schema(document, &name) {
                references(schema, &mut names);
            }
        }
    }
    names
}

fn schema<'a>(document: &'a mut Node, name: &str) -> Option<&'a mut Node> {
    document.get("components")?.get("schemas")?.get(name)
}

/// Notes the names of the schemas that `node` refers to.
fn references(node: &Node, names: &mut BTreeSet<String>) {
    match node {
        Node::Object(members) => members.values().for_each(|value| references(value, names)),
        Node::Array(items) => items.iter().for_each(|item| references(item, names)),
        Node::Leaf(value) => {
            names.extend(value.as_str().and_then(|text| text.strip_prefix(SCHEMAS)).map(str::to_owned));
        }
    }
}

/// What may be left out of a request may be `null` too: many clients can't do the one without the other. `types` has the
/// types of the schemas that are referred to.
fn allow_null(schema: &mut Node, types: &HashMap<String, Node>) {
    let required = match schema.get("required") {
        Some(Node::Array(names)) => names.iter().filter_map(|name| name.text().map(str::to_owned)).collect(),
        _ => BTreeSet::new(),
    };
    let properties = schema.get("properties").and_then(Node::members).into_iter().flatten();
    for (_, property) in properties.filter(|(name, _)| !required.contains(*name)) {
        if let Some(members) = property.members() {
            allow_null_for(members, types);
        }
    }
}

fn allow_null_for(property: &mut IndexMap<String, Node>, types: &HashMap<String, Node>) {
    if let Some(reference) = property.shift_remove("$ref") {
        property.insert("allOf".to_owned(), Node::Array(vec![Node::Object([("$ref".to_owned(), reference)].into())]));
    }
    let referred = match property.get("allOf") {
        Some(Node::Array(parts)) => parts.first().and_then(|part| types.get(reference(part)?)).cloned(),
        _ => None,
    };
    if let Some(kind) = referred {
        property.entry("type".to_owned()).or_insert(kind);
    }
    // What has a default is of a type that takes no `null`; what is of any type takes it anyway.
    if property.contains_key("type") && !property.contains_key("default") {
        property.insert("nullable".to_owned(), Node::Leaf(true.into()));
    }
}

/// The name of the schema that a node refers to.
fn reference(node: &Node) -> Option<&str> {
    match node {
        Node::Object(members) => members.get("$ref")?.text()?.strip_prefix(SCHEMAS),
        Node::Array(_) | Node::Leaf(_) => None,
    }
}

/// The types of all schemas, by their names.
fn types(document: &mut Node) -> HashMap<String, Node> {
    let schemas = document.get("components").and_then(|components| components.get("schemas"));
    let schemas = schemas.into_iter().flat_map(Node::each);
    schemas.filter_map(|(name, schema)| Some((name.clone(), schema.get("type")?.clone()))).collect()
}

/// `scopes` is required of an OAuth 2 flow, also if there are none.
fn name_scopes(scheme: &mut Node) {
    for (_, flow) in scheme.get("flows").into_iter().flat_map(Node::each) {
        if let Some(members) = flow.members() {
            members.entry("scopes".to_owned()).or_insert_with(Node::empty);
        }
    }
}

/// JSON is UTF-8 (RFC 8259 section 8.1): generated clients look for its plain name.
fn name_plain_json(response: &mut Node) {
    if let Some(content) = response.get("content").and_then(Node::members)
        && let Some(json) = content.shift_remove("application/json; charset=utf-8")
    {
        content.insert("application/json".to_owned(), json);
    }
}

/// What an event of a stream is: its fields, of which `data` is a frame as text.
fn describe_events(response: &mut Node) {
    let events = response.get("content").and_then(|content| content.get("text/event-stream")).and_then(Node::members);
    if let Some(events) = events {
        let text = |description| json!({ "type": "string", "description": description });
        let schema = json!({
            "type": "object",
            "properties": {
                "event": text("The type of the frame."),
                "id": text("The `seq` of the task; not with `ping`."),
                "data": text("The frame as JSON: see the schema `Frame`."),
            },
            "required": ["event", "data"],
        });
        events.insert("schema".to_owned(), schema.into());
    }
}

/// An example for each problem that the description of an answer names.
fn show_problems(status: &str, response: &mut Node) {
    let description = response.get("description").and_then(|text| text.text()).unwrap_or_default().to_owned();
    let codes = description.split('`').filter_map(|word| word.parse().ok()).filter(|code| is_of(*code, status));
    let examples: IndexMap<String, Node> =
        codes.map(|code: ProblemCode| (code.to_string(), json!({ "value": example(code) }).into())).collect();
    let content = response.get("content").and_then(|content| content.get(problem::MEDIA_TYPE));
    if let Some(content) = content.and_then(Node::members).filter(|_| !examples.is_empty()) {
        content.insert("examples".to_owned(), Node::Object(examples));
    }
}

fn is_of(code: ProblemCode, status: &str) -> bool {
    code.status().to_string() == status
}

fn example(code: ProblemCode) -> Problem {
    let errors = match code {
        ProblemCode::RequestInvalid => vec![FieldError::new("/label", "must have at most 200 characters")],
        ProblemCode::ServiceBadParams => {
            vec![FieldError::new("/params/dpi", "4000 is greater than the maximum of 1200")]
        }
        _ => Vec::new(),
    };
    let request_id = "01938a3c-6f2e-7c31-9d5b-2f0f4c9f8b11".to_owned();
    Problem { request_id, errors, ..Problem::new(code, code.advice()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_shown_by_example() {
        let description = "`task.not_found`: No such task; `request.invalid`: of another status";
        let content = json!({ "application/problem+json": {} });
        let mut response = json!({ "description": description, "content": content }).into();
        show_problems("404", &mut response);
        let shown = response.get("content").and_then(|content| content.get("application/problem+json"));
        let shown = shown.and_then(|content| content.get("examples")).into_iter().flat_map(Node::each);
        assert_eq!(shown.map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["task.not_found"]);
    }

    #[test]
    fn what_may_be_left_out_of_a_request_may_be_null() {
        let schemas = |new, more| {
            Node::from(json!({
                "paths": { "/x": { "post": { "requestBody": { "$ref": "#/components/schemas/New" }, "security": [] } } },
                "components": { "schemas": {
                    "New": { "required": ["name"], "properties": { "name": { "type": "string" }, "more": new } },
                    "More": { "type": "object", "properties": { "label": more } },
                    "Answer": { "properties": { "label": { "type": "string" } } },
                } },
            }))
        };
        let reference = json!({ "$ref": "#/components/schemas/More" });
        let mut document = schemas(reference.clone(), json!({ "type": "string" }));
        complete(&mut document);
        let new = json!({ "allOf": [reference], "type": "object", "nullable": true });
        assert_eq!(document, schemas(new, json!({ "type": "string", "nullable": true })));
    }

    #[test]
    fn json_has_its_plain_name_and_flows_their_scopes() {
        let schemes = json!({ "password": { "type": "oauth2", "flows": { "password": {} } } });
        let answer = json!({ "description": "", "content": { "application/json; charset=utf-8": {} } });
        let document = |schemes, answer| {
            Node::from(json!({
                "components": { "securitySchemes": schemes },
                "paths": { "/x": { "get": { "responses": { "200": answer }, "security": [] } } },
            }))
        };
        let mut completed = document(schemes, answer);
        complete(&mut completed);
        let schemes = json!({ "password": { "type": "oauth2", "flows": { "password": { "scopes": {} } } } });
        let answer = json!({ "description": "", "content": { "application/json": {} } });
        assert_eq!(completed, document(schemes, answer));
    }
}
