//! The pages that show an OpenAPI document: Swagger UI and ReDoc, with everything that they load inside.

use std::io;
use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::stream;
use poem::endpoint::{BoxEndpoint, make_sync};
use poem::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY};
use poem::{Body, EndpointExt, Response};
use poem_openapi::OpenApiService;

/// A page that shows an OpenAPI document: what comes before and after the document is the same for all services.
pub(super) struct Template {
    before: Bytes,
    after: Bytes,
}

/// Swagger UI.
pub(super) static SWAGGER_UI: LazyLock<Template> = LazyLock::new(|| {
    let (html, document) = of_nothing(OpenApiService::swagger_ui_html);
    let html = html.replacen("deepLinking: true,", "deepLinking: true, validatorUrl: null,", 1);
    Template::new(&html, &document)
});

/// ReDoc.
pub(super) static REDOC: LazyLock<Template> = LazyLock::new(|| {
    let (html, document) = of_nothing(OpenApiService::redoc_html);
    Template::new(&without_fonts(&html), &document)
});

/// A page of an empty document, and that document.
fn of_nothing(page: impl Fn(&OpenApiService<(), ()>) -> String) -> (String, String) {
    let service = OpenApiService::new((), "nothing", "0");
    (page(&service), service.spec())
}

/// The page without its link to fonts elsewhere: the reader's own sans-serif does as well.
fn without_fonts(html: &str) -> String {
    let lines = html.lines().filter(|line| !line.trim_start().starts_with("<link href=\"https://fonts."));
    lines.collect::<Vec<_>>().join("\n")
}

impl Template {
    /// The page `html` that shows `document`, as a template for others. Its icon is an empty one, so that browsers don't
    /// look for one.
    fn new(html: &str, document: &str) -> Self {
        let (before, after) = html.split_once(document).unwrap_or((html, ""));
        let before = before.replacen("<head>", "<head><link rel=\"icon\" href=\"data:,\">", 1);
        Self { before: before.into(), after: after.to_owned().into() }
    }

    /// The page that shows `document`, made as it is sent: the scripts in it are large.
    fn page(&self, document: &Bytes) -> Response {
        let parts = [self.before.clone(), document.clone(), self.after.clone()];
        let length: usize = parts.iter().map(Bytes::len).sum();
        let body = Body::from_bytes_stream(stream::iter(parts.map(Ok::<_, io::Error>)));
        Response::builder()
            .content_type("text/html; charset=utf-8")
            .header(CONTENT_LENGTH, length)
            .header(CONTENT_SECURITY_POLICY, POLICY)
            .body(body)
    }
}

/// What the pages may load: what is in them, and this service.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; \
    img-src data: blob:; font-src data:; connect-src 'self' blob: data:; worker-src blob:; child-src blob:; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The page of a document.
pub(super) fn page(template: &'static LazyLock<Template>, document: &Bytes) -> BoxEndpoint<'static> {
    let document = document.clone();
    make_sync(move |_| template.page(&document)).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the next version of the embedded pages brings: nothing in them is to be fetched from elsewhere.
    #[test]
    fn pages_link_to_nothing_outside() {
        for template in [&SWAGGER_UI, &REDOC] {
            let (before, after) = (String::from_utf8_lossy(&template.before), String::from_utf8_lossy(&template.after));
            assert!(!after.is_empty(), "the document has no place in the page");
            let markup = before.split("<script").next().unwrap();
            for html in [markup, &after] {
                for fetched in ["href=\"http", "src=\"http", "href=\"//", "src=\"//", "@import"] {
                    assert!(!html.contains(fetched), "{fetched}");
                }
            }
        }
        assert!(String::from_utf8_lossy(&SWAGGER_UI.after).contains("validatorUrl: null"));
    }
}
