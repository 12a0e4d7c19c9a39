//! What all operations share: 405 with `Allow`, 406, refusal of unknown query parameters, errors as problems, the problems
//! that any operation of its kind can answer, and the documentation pages of its service.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use d2d_api::{FieldError, ProblemCode};
use poem::endpoint::{BoxEndpoint, make_sync};
use poem::error::ResponseError;
use poem::http::header::{ALLOW, HeaderValue};
use poem::http::{Method, StatusCode};
use poem::{Endpoint, EndpointExt, Request, Response, Result};
use poem_openapi::OpenApi;
use poem_openapi::registry::{
    MetaApi, MetaOperation, MetaOperationParam, MetaParamIn, MetaPath, MetaRequest, Registry,
};

use super::accept::accepts;
use super::docs::{About, Pages};
use super::fails;
use super::problem::{self, Failure};
use super::schemes::TICKET;
use super::scope::Need;

/// Routes as poem-openapi collects them: by path and method.
pub(super) type RouteTable = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

/// The operations of one service, and its documentation.
pub(super) struct Operations<T> {
    service: &'static str,
    api: T,
    pages: Pages,
}

impl<T: OpenApi> Operations<T> {
    /// The operations of `api`, documented under what `about` says.
    pub(super) fn new(about: &About, api: T) -> Self {
        Self { service: about.name, api, pages: Pages::of::<Self>(about) }
    }
}

impl<T: OpenApi> OpenApi for Operations<T> {
    fn meta() -> Vec<MetaApi> {
        let mut paths = merged(T::meta());
        for path in &mut paths {
            for operation in &mut path.operations {
                describe_need(operation, &path.path);
                add_shared_problems(operation);
                describe_headers(operation);
            }
        }
        vec![MetaApi { paths }]
    }

    fn register(registry: &mut Registry) {
        let others: HashSet<_> = registry.tags.iter().map(|tag| tag.name).collect();
        T::register(registry);
        let apis = T::meta();
        let operations = apis.iter().flat_map(|api| &api.paths).flat_map(|path| &path.operations);
        let used: HashSet<_> = operations.flat_map(|operation| &operation.tags).copied().collect();
        registry.tags.retain(|tag| used.contains(tag.name) || others.contains(tag.name));
    }

    fn add_routes(self, table: &mut RouteTable) {
        let rules = rules(&T::meta());
        let mut routes = RouteTable::new();
        self.api.add_routes(&mut routes);
        for (path, methods) in routes {
            let guarded = methods.into_iter().map(|(method, inner)| {
                let rules = rules.get(&(shape(&path), method.clone())).cloned().unwrap_or_default();
                (method, Guarded { inner, rules }.boxed())
            });
            let methods = complete(guarded.collect());
            table.insert(path, methods);
        }
        for (path, page) in self.pages.routes() {
            table.insert(format!("/{}/{path}", self.service), complete(HashMap::from([(Method::GET, page)])));
        }
    }
}

/// The paths of all groups of operations, each once: groups may share one.
fn merged(apis: Vec<MetaApi>) -> Vec<MetaPath> {
    let mut merged: Vec<MetaPath> = Vec::new();
    for path in apis.into_iter().flat_map(|api| api.paths) {
        match merged.iter_mut().find(|known| known.path == path.path) {
            Some(known) => known.operations.extend(path.operations),
            None => merged.push(path),
        }
    }
    merged
}

/// Adds to the description what an API key needs.
fn describe_need(operation: &mut MetaOperation, path: &str) {
    if operation.security.is_empty() {
        return;
    }
    let (description, need) = (operation.description.unwrap_or_default(), Need::of(&operation.method, path).told());
    // Descriptions have to live as long as the program; they are made once for each operation, when it starts.
    operation.description = Some(Box::leak(format!("{description}\n\n{need}").trim_start().into()));
}

/// Adds the problems that an operation can answer for what it asks for, beside its own.
fn add_shared_problems(operation: &mut MetaOperation) {
    let mut types = produced(operation).peekable();
    let answers_a_type = types.peek().is_some() && !types.any(|media_type| media_type == "*/*");
    drop(types);
    let responses = &mut operation.responses.responses;
    let own: String = responses.iter().map(|response| response.description).collect();
    let mut codes = shared_problems(&operation.security, operation.request.as_ref(), &operation.params);
    codes.extend(answers_a_type.then_some(ProblemCode::RequestNotAcceptable));
    codes.retain(|code| !own.contains(&format!("`{code}`")));
    for shared in fails::responses(&codes) {
        match responses.iter_mut().find(|own| own.status == shared.status) {
            Some(own) => own.description = Box::leak(format!("{}; {}", own.description, shared.description).into()),
            None => responses.push(shared),
        }
    }
    responses.sort_by_key(|response| response.status);
}

fn shared_problems(
    security: &[HashMap<&str, Vec<&str>>],
    request: Option<&MetaRequest>,
    params: &[MetaOperationParam],
) -> Vec<ProblemCode> {
    use ProblemCode as P;
    let mut codes = vec![P::Internal];
    if !security.is_empty() {
        codes.extend([P::AuthBadToken, P::AuthExpiredToken, P::AuthInsufficientScope]);
        codes.extend(security.iter().any(|way| way.contains_key(TICKET)).then_some(P::AuthBadTicket));
        let optional = security.iter().any(HashMap::is_empty);
        codes.extend((!optional).then_some(P::AuthMissingToken));
    }
    let takes_json = request.iter().flat_map(|request| &request.content).any(|body| body.content_type.contains("json"));
    if takes_json {
        codes.extend([P::RequestMalformed, P::RequestTimeout, P::RequestTooLarge, P::RequestUnsupportedMediaType]);
    }
    if takes_json || params.iter().any(|param| param.in_type == MetaParamIn::Query) {
        codes.push(P::RequestInvalid);
    }
    codes
}

/// Adds the header that every answer has, and writes the names of all as people do.
fn describe_headers(operation: &mut MetaOperation) {
    for response in &mut operation.responses.responses {
        response.headers.push(fails::header("X-Request-Id", "The name of the request, as in the log of the service."));
        for header in &mut response.headers {
            header.name = match header.name.to_ascii_lowercase().as_str() {
                "etag" => "ETag".to_owned(),
                "www-authenticate" => "WWW-Authenticate".to_owned(),
                name => name.split('-').map(capitalised).collect::<Vec<_>>().join("-"),
            };
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// What is known of an operation from its description.
#[derive(Default)]
struct Rules {
    /// Its query parameters.
    known: BTreeSet<String>,
    /// The media types of its answers.
    produced: Vec<&'static str>,
    /// What an API key needs for it.
    need: Need,
}

/// What is known of each operation.
fn rules(apis: &[MetaApi]) -> HashMap<(String, Method), Arc<Rules>> {
    let paths = apis.iter().flat_map(|api| &api.paths);
    let operations = paths.flat_map(|path| path.operations.iter().map(|operation| (shape(&path.path), operation)));
    operations
        .map(|(path, operation)| {
            let queries = operation.params.iter().filter(|param| param.in_type == MetaParamIn::Query);
            let ticket = operation.security.iter().any(|way| way.contains_key(TICKET)).then(|| TICKET.to_owned());
            let known = queries.map(|param| param.name.clone()).chain(ticket).collect();
            let need = Need::of(&operation.method, &path);
            let rules = Rules { known, produced: produced(operation).collect(), need };
            ((path, operation.method.clone()), Arc::new(rules))
        })
        .collect()
}

/// The media types of the answers of an operation that worked.
fn produced(operation: &MetaOperation) -> impl Iterator<Item = &'static str> + '_ {
    let worked =
        operation.responses.responses.iter().filter(|response| response.status.is_some_and(|code| code / 100 == 2));
    worked.flat_map(|response| &response.content).map(|content| content.content_type)
}

/// A path with its parameters made alike: the document has `{id}` where the router has `:param0`.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with([':', '{']) { "*" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// An operation that refuses query parameters that it does not know and clients that do not take what it answers, tells
/// what an API key needs for it, and whose errors are failures.
struct Guarded {
    inner: BoxEndpoint<'static>,
    rules: Arc<Rules>,
}

impl Endpoint for Guarded {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let unknown = unknown_parameters(&request, &self.rules.known);
        if !unknown.is_empty() {
            return Err(Failure::fields(unknown).into());
        }
        if !accepts(request.headers(), &self.rules.produced) {
            let detail =
                format!("the answer is {}: name that in `Accept`, or leave it out", self.rules.produced.join(", "));
            return Err(Failure::new(ProblemCode::RequestNotAcceptable, detail).into());
        }
        request.set_data(self.rules.need);
        self.inner.call(request).await.map_err(|error| problem::of_error(&error).into())
    }
}

fn unknown_parameters(request: &Request, known: &BTreeSet<String>) -> Vec<FieldError> {
    let names: HashSet<String> =
        request.params::<Vec<(String, String)>>().unwrap_or_default().into_iter().map(|(name, _)| name).collect();
    let expected = || match known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "there are none here".to_owned(),
        some => format!("there are {some}"),
    };
    let unknown = names.into_iter().filter(|name| !known.contains(name));
    unknown
        .map(|name| FieldError::new(format!("/query/{name}"), format!("no such parameter; {}", expected())))
        .collect()
}

/// The methods of a path, with an answer for each that it does not have.
fn complete(mut methods: HashMap<Method, BoxEndpoint<'static>>) -> HashMap<Method, BoxEndpoint<'static>> {
    const STANDARD: [Method; 7] =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let has = |method: &Method| {
        // poem answers HEAD by GET where there is no HEAD.
        methods.contains_key(method) || (*method == Method::HEAD && methods.contains_key(&Method::GET))
    };
    let (there, missing): (Vec<_>, Vec<_>) = STANDARD.into_iter().partition(has);
    let options = Some(&Method::OPTIONS).filter(|options| !there.contains(options));
    let allow = there.iter().chain(options).map(Method::as_str).collect::<Vec<_>>().join(", ");
    let Ok(allow) = HeaderValue::from_str(&allow) else { return methods };
    for method in missing {
        let endpoint = not_allowed(&method, allow.clone());
        methods.insert(method, endpoint);
    }
    methods
}

fn not_allowed(method: &Method, allow: HeaderValue) -> BoxEndpoint<'static> {
    if *method == Method::OPTIONS {
        return make_sync(move |_| Response::builder().status(StatusCode::NO_CONTENT).header(ALLOW, &allow).finish())
            .boxed();
    }
    let detail = format!("{method} is not known here; known: {}", allow.to_str().unwrap_or_default());
    let failure = Failure::new(ProblemCode::RequestMethodNotAllowed, detail).with_header(ALLOW, allow);
    make_sync(move |_| failure.as_response()).boxed()
}
