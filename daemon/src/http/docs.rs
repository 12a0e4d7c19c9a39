//! The documentation of each service: its OpenAPI document, Swagger UI and ReDoc. Nothing on the pages comes from
//! elsewhere: what the embedded pages would fetch is taken out here, and their content security policy forbids the rest.

use std::io;
use std::marker::PhantomData;
use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::stream;
use poem::endpoint::{BoxEndpoint, make_sync};
use poem::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY};
use poem::{Body, EndpointExt, IntoResponse, Response};
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::{LicenseObject, OpenApi, OpenApiService, ServerObject, Tags};

use super::app::PREFIX;
use super::operations::RouteTable;

/// A service, as its documentation presents it.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    /// Its name, as in addresses.
    pub(super) name: &'static str,
    /// Its title.
    pub(super) title: &'static str,
    /// What it does, in Markdown.
    pub(super) description: &'static str,
}

/// How operations are grouped.
#[derive(Tags)]
pub(super) enum Tag {
    /// Getting tokens, and checking them.
    Tokens,
    /// One's own account.
    Account,
    /// All accounts, for operators.
    Users,
    /// The conversion services that tasks can be registered for.
    Services,
    /// Tasks, from registering them to their end.
    Tasks,
    /// The files of a task.
    Files,
    /// Files in several requests, by the tus protocol.
    Resumable,
    /// What text recognition can do.
    Recognition,
    /// Live changes.
    Live,
    /// The results of tasks.
    Results,
    /// How the whole service stands, for operators.
    Operation,
}

/// The documentation pages of a service.
pub(super) struct Pages {
    name: &'static str,
    document: Bytes,
}

impl Pages {
    /// The pages that document the operations of `T`.
    pub(super) fn of<T: OpenApi>(about: &About) -> Self {
        Self { name: about.name, document: document::<T>(about).into() }
    }

    /// The pages and where they are.
    pub(super) fn routes(self) -> Vec<(String, BoxEndpoint<'static>)> {
        let at = |page: &str| format!("/{}/{page}", self.name);
        vec![
            (at("openapi.json"), self.json()),
            (at("doc"), page(&SWAGGER_UI, &self.document)),
            (at("redoc"), page(&REDOC, &self.document)),
        ]
    }

    fn json(&self) -> BoxEndpoint<'static> {
        let document = self.document.clone();
        make_sync(move |_| document.clone().with_content_type("application/json")).map_to_response().boxed()
    }
}

/// The OpenAPI document.
fn document<T: OpenApi>(about: &About) -> String {
    OpenApiService::new(Described::<T>(PhantomData), about.title, env!("CARGO_PKG_VERSION"))
        .description(about.description)
        .license(LicenseObject::new("MIT OR Apache-2.0"))
        .server(ServerObject::new(PREFIX))
        .spec()
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

/// A page that shows an OpenAPI document: what comes before and after the document is the same for all services.
struct Template {
    before: Bytes,
    after: Bytes,
}

static SWAGGER_UI: LazyLock<Template> = LazyLock::new(|| {
    let (html, document) = of_nothing(OpenApiService::swagger_ui_html);
    let html = html.replacen("deepLinking: true,", "deepLinking: true, validatorUrl: null,", 1);
    Template::new(&html, &document)
});

static REDOC: LazyLock<Template> = LazyLock::new(|| {
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

fn page(template: &'static LazyLock<Template>, document: &Bytes) -> BoxEndpoint<'static> {
    let document = document.clone();
    make_sync(move |_| template.page(&document)).boxed()
}

#[cfg(test)]
mod tests {
    use crate::http::operations::Operations;
    use crate::http::{AppState, auth, downloads, ocr, ops, tasks, uploads};

    use super::*;

    /// The document of the service that `api` makes.
    fn of<T: OpenApi>(about: &About, _api: fn(&AppState) -> T) -> String {
        document::<Operations<T>>(about)
    }

    #[test]
    fn documents_are_as_they_were_agreed() {
        let documents = [
            (auth::ABOUT.name, of(&auth::ABOUT, auth::api)),
            (uploads::ABOUT.name, of(&uploads::ABOUT, uploads::api)),
            (ocr::ABOUT.name, of(&ocr::ABOUT, ocr::api)),
            (tasks::ABOUT.name, of(&tasks::ABOUT, tasks::api)),
            (downloads::ABOUT.name, of(&downloads::ABOUT, downloads::api)),
            (ops::ABOUT.name, of(&ops::ABOUT, ops::api)),
        ];
        for (name, document) in documents {
            insta::assert_snapshot!(name, document);
        }
    }

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
