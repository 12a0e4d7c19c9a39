//! Which problems an operation can answer, as its type says: the documentation is made from the same list.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::marker::PhantomData;

use d2d_actors::Refused;
use d2d_api::{Problem, ProblemCode};
use d2d_store::StoreError;
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;

use super::problem::{Failure, MEDIA_TYPE};

/// The codes that an operation can answer, beside those that [`super::operations`] adds for all of its kind.
pub(super) trait Problems: 'static {
    /// The codes.
    const CODES: &'static [ProblemCode];
}

/// Declares a type that stands for a list of problem codes.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: $($code:ident),+;)+) => {$(
        $(#[$doc])*
        pub(super) enum $name {}

        impl $crate::http::fails::Problems for $name {
            const CODES: &'static [d2d_api::ProblemCode] = &[$(d2d_api::ProblemCode::$code),+];
        }
    )+};
}
pub(super) use problems;

/// No problems of an operation's own.
pub(super) enum NoProblems {}

impl Problems for NoProblems {
    const CODES: &'static [ProblemCode] = &[];
}

/// The failure of an operation that can answer the problems `P`.
pub(super) struct Fails<P> {
    failure: Failure,
    problems: PhantomData<fn() -> P>,
}

impl<P> From<Failure> for Fails<P> {
    fn from(failure: Failure) -> Self {
        Self { failure, problems: PhantomData }
    }
}

impl<P> From<Refused> for Fails<P> {
    fn from(refused: Refused) -> Self {
        Failure::from(refused).into()
    }
}

impl<P> From<StoreError> for Fails<P> {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

impl<P> From<Fails<P>> for poem::Error {
    fn from(fails: Fails<P>) -> Self {
        fails.failure.into()
    }
}

impl<P> fmt::Debug for Fails<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl<P: Problems> ApiResponse for Fails<P> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: responses(P::CODES) }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

/// The documented answers for these codes: one for each status, in order, which names its codes.
pub(super) fn responses(codes: &[ProblemCode]) -> Vec<MetaResponse> {
    let mut by_status = BTreeMap::<u16, Vec<ProblemCode>>::new();
    for code in codes {
        by_status.entry(code.status()).or_default().push(*code);
    }
    by_status.into_iter().map(|(status, codes)| response(status, &codes)).collect()
}

fn response(status: u16, codes: &[ProblemCode]) -> MetaResponse {
    let mut description = String::new();
    for code in codes {
        let separator = if description.is_empty() { "" } else { "; " };
        let _ = write!(description, "{separator}`{code}`: {}", code.title());
    }
    let headers = match status {
        401 => vec![header("WWW-Authenticate", "How to come in (RFC 6750).")],
        412 => vec![header("Tus-Version", "The versions of tus that are spoken.")],
        429 | 503 | 507 => vec![header("Retry-After", "The seconds to wait before trying again.")],
        _ => Vec::new(),
    };
    MetaResponse {
        // Descriptions have to live as long as the program; they are made once for each operation, when it starts.
        description: Box::leak(description.into_boxed_str()),
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType { content_type: MEDIA_TYPE, schema: Problem::schema_ref() }],
        headers,
    }
}

/// A documented header of an answer.
pub(super) fn header(name: &str, description: &str) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: false,
        schema: String::schema_ref(),
    }
}
