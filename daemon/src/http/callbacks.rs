//! The documentation of what the service itself sends: OpenAPI has it as `callbacks` of the operation that names where to.
//!
//! The library knows no callbacks. So they are described as operations of a document of their own, and moved from there
//! into the other one: as text, so that everything else in it stays in its order.

use d2d_api::WebhookMessage;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi, OpenApiService};
use serde_json::{Map, Value, json};

/// The operation that names where to, as the document has it.
const OPERATION: &str = "\"operationId\": \"register_task\"";
/// Where the schemas of the document begin.
const SCHEMAS: &str = "\"schemas\": {";
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
pub(super) fn describe(document: String) -> String {
    if !document.contains(OPERATION) {
        return document;
    }
    let described: Value = serde_json::from_str(&OpenApiService::new(Callbacks, "", "").spec()).unwrap_or_default();
    let callbacks = json!({ "task_ended": { ADDRESS: described["paths"]["/"] } });
    let none = Map::new();
    let schemas = described["components"]["schemas"].as_object().unwrap_or(&none).iter();
    let missing = schemas.filter(|(name, _)| !document.contains(&format!("\n      \"{name}\": {{")));
    let missing: Vec<_> =
        missing.map(|(name, schema)| format!("\n      \"{name}\": {},", indented(schema, 6))).collect();
    let callbacks = format!("\"callbacks\": {},\n        {OPERATION}", indented(&callbacks, 8));
    document.replacen(OPERATION, &callbacks, 1).replacen(SCHEMAS, &format!("{SCHEMAS}{}", missing.concat()), 1)
}

/// JSON as it stands in the document, so many spaces from its edge.
fn indented(value: &Value, spaces: usize) -> String {
    format!("{value:#}").replace('\n', &format!("\n{}", " ".repeat(spaces)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "{\n  \"paths\": {\n    \"/x\": {\n      \"post\": {\n        \"operationId\": \"register_task\"\n\
        \x20     }\n    }\n  },\n  \"components\": {\n    \"schemas\": {\n      \"Task\": {\n        \"title\": \"mine\"\n      }\n    }\n  }\n}";

    #[test]
    fn the_operation_has_the_callback_with_its_schemas() {
        let document: Value = serde_json::from_str(&describe(DOCUMENT.to_owned())).unwrap();
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
        assert_eq!(describe("{}".to_owned()), "{}");
    }
}
