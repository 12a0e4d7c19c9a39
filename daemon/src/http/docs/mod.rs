//! The documentation of each service: its OpenAPI document, Swagger UI and ReDoc. Nothing on the pages comes from
//! elsewhere: what the embedded pages would fetch is taken out here, and their content security policy forbids the rest.

mod callbacks;
mod document;
mod ordered;
mod pages;

use bytes::Bytes;
use poem::endpoint::{BoxEndpoint, make_sync};
use poem::{EndpointExt, IntoResponse};
use poem_openapi::{OpenApi, Tags};

use document::document;
use pages::{REDOC, SWAGGER_UI, page};

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

/// The documentation pages of a service, or of all together.
pub(super) struct Pages {
    document: Bytes,
}

impl Pages {
    /// The pages that document the operations of `T`.
    pub(super) fn of<T: OpenApi>(about: &About) -> Self {
        Self { document: document::<T>(about).into() }
    }

    /// The pages that document all the operations of `api`, for programs that make a client of one document.
    pub(super) fn of_all<T: OpenApi>(_api: &T) -> Self {
        Self::of::<T>(&ALL)
    }

    /// The pages by their names.
    pub(super) fn routes(self) -> [(&'static str, BoxEndpoint<'static>); 3] {
        [
            ("openapi.json", self.json()),
            ("doc", page(&SWAGGER_UI, &self.document)),
            ("redoc", page(&REDOC, &self.document)),
        ]
    }

    fn json(&self) -> BoxEndpoint<'static> {
        let document = self.document.clone();
        make_sync(move |_| document.clone().with_content_type("application/json")).map_to_response().boxed()
    }
}

/// All services together.
const ALL: About = About {
    name: "",
    title: "data2data",
    description: "All services of data2data in one document, as programs want it that make clients of it. People find \
        each service described by itself at `/api/v1/{service}/doc`: `auth`, `uploads`, `ocr`, `tasks`, `downloads`, and \
        `ops` for operators.\n\n\
        Get a token (auth), register a task and send its files (uploads), watch it (tasks), fetch its results (downloads).",
};

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
}
