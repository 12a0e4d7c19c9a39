//! The ocr service: what text recognition can do here, and reading a single image at once.

mod capabilities;
mod choices;
mod image_body;
mod recognize;

use poem_openapi::OpenApi;

use super::AppState;
use super::docs::About;

/// The name that tasks for it are registered with.
const SERVICE: &str = "ocr";

/// The service, for its documentation.
pub(super) const ABOUT: About = About {
    name: SERVICE,
    title: "data2data: ocr",
    description: "Text recognition: scans, photos and PDFs in, their text out.\n\n\
        A single small image is read at once by `POST /ocr/recognize`. For everything else register a task for `ocr` with \
        the uploads service; here is what its parameters may be.",
};

/// Its operations.
pub(super) fn api(state: &AppState) -> impl OpenApi + use<> {
    (
        capabilities::CapabilitiesApi(state.system.clone()),
        recognize::RecognizeApi(state.system.clone(), state.closing.clone()),
    )
}
