//! The documentation of what the service itself sends: OpenAPI has it as `callbacks` of the operation that names where to.
//!
//! The library knows no callbacks. So they are described as operations of a document of their own, and moved from there
//! into the other one.

use d2d_api::WebhookMessage;
use indexmap::IndexMap;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi, OpenApiService};

use super::ordered::Node;

/// The operation that names where to.
const OPERATION: &str = "register_task";
/// What the request says is the address (OpenAPI 3.0.3, "Runtime Expressions").
const ADDRESS: &str = "{$request.body#/webhook/url}";

struct Callbacks;

#[derive(ApiResponse)]
#[allow(dead_code)] // receivers answer so, not we
enum Taken {
    /// The message is taken. Any other 2xx says the same.
    #[oai(status = 204)]
    Taken,
    /// No more messages are wanted: this one is given up. Whatever else is not 2xx has it sent again later.
    #[oai(status = 410)]
    Gone,
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi]
impl Callbacks {
    /// The task has ended
    ///
    /// Sent to `webhook.url` as Standard Webhooks (standardwebhooks.com) has it, at least once: the same message has the
    /// same `webhook-id`. Redirects are not followed. What is not answered by 2xx in time is sent again, after waits that
    /// grow; `Retry-After` is respected.
    #[oai(path = "/", method = "post", operation_id = "task_ended")]
    async fn task_ended(
        &self,
        /// The name of the message: the same each time that it is sent.
        #[oai(name = "webhook-id")]
        _id: poem_openapi::param::Header<String>,
        /// When it was sent, in seconds since 1970.
        #[oai(name = "webhook-timestamp")]
        _timestamp: poem_openapi::param::Header<i64>,
        /// `v1,` and the HMAC-SHA256 of the id, the timestamp and the body, joined by dots, in base64.
        #[oai(name = "webhook-signature")]
        _signature: poem_openapi::param::Header<String>,
        _message: Json<WebhookMessage>,
    ) -> Taken {
        Taken::Taken
    }
}

/// Adds what the service sends to a document, if it has the operation that asks for it.
pub(super) fn describe(document: &mut Node) {
    let Some(operation) = operation(document) else { return };
    let described = OpenApiService::new(Callbacks, "", "").spec();
    let Ok(mut described) = serde_json::from_str::<Node>(&described) else { return };
    let mut sent =
        described.get("paths").and_then(|paths| paths.get("/")).map_or_else(Node::empty, |path| path.clone());
    for (_, operation) in sent.each() {
        if let Some(members) = operation.members() {
            // It is signed; nobody logs in.
            members.insert("security".to_owned(), Node::Array(Vec::new()));
        }
    }
    let callback = Node::Object([(ADDRESS.to_owned(), sent)].into());
    if let Some(members) = operation.members() {
        members.insert("callbacks".to_owned(), Node::Object([("task_ended".to_owned(), callback)].into()));
    }
    if let (Some(known), Some(more)) = (schemas(document), schemas(&mut described)) {
        for (name, schema) in std::mem::take(more) {
            known.entry(name).or_insert(schema);
        }
    }
}

fn operation(document: &mut Node) -> Option<&mut Node> {
    let paths = document.get("paths")?.each();
    let mut operations = paths.flat_map(|(_, path)| path.each()).map(|(_, operation)| operation);
    operations.find_map(|operation| {
        let asks = operation.get("operationId").and_then(|name| name.text()) == Some(OPERATION);
        asks.then_some(operation)
    })
}

fn schemas(document: &mut Node) -> Option<&mut IndexMap<String, Node>> {
    document.get("components")?.get("schemas")?.members()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn described(document: Value) -> Value {
        let mut document = Node::from(document);
        describe(&mut document);
        serde_json::to_value(document).unwrap()
    }

    #[test]
    fn the_operation_has_the_callback_with_its_schemas() {
        let document = described(json!({
            "paths": { "/x": { "post": { "operationId": OPERATION } } },
            "components": { "schemas": { "Task": { "title": "mine" } } },
        }));
        let callback = &document["paths"]["/x"]["post"]["callbacks"]["task_ended"][ADDRESS]["post"];
        assert_eq!(callback["operationId"], "task_ended");
        let body = &callback["requestBody"]["content"]["application/json; charset=utf-8"]["schema"];
        assert_eq!(body["$ref"], "#/components/schemas/WebhookMessage");
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Task"]["title"], "mine", "what is there stays");
        assert!(schemas["WebhookMessage"]["properties"]["data"].is_object());
        assert!(
            schemas["WebhookEvent"]["enum"].as_array().is_some_and(|events| events.contains(&json!("task.expired")))
        );
    }

    #[test]
    fn other_documents_stay_as_they_are() {
        let document = json!({ "paths": { "/x": { "get": { "operationId": "other" } } } });
        assert_eq!(described(document.clone()), document);
    }
}
