//! The routes as a whole, on a store in memory: what is the same for all operations.

mod tus;

use std::sync::Arc;

use d2d_actors::{Registry, SERVICES, System, WorkerCommand};
use d2d_api::{Problem, ProblemCode, Role};
use d2d_config::{ByteSize, Config};
use d2d_store::{NewAccount, Store};
use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{AppState, Auth, app, hash_password};

const PASSWORD: &str = "correct horse";

/// The daemon's routes, without the daemon. No worker is ever started: nothing here gets as far as a conversion.
struct Here {
    state: AppState,
    _data: TempDir,
}

impl Here {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config { data_dir: data.path().to_owned(), ..Config::default() };
        config.store.url = "mem://".to_owned();
        config.auth.argon2_memory = ByteSize::mib(8);
        config.auth.argon2_iterations = 1;
        config.uploads.min_free_disk = ByteSize(0);
        let config = Arc::new(config);
        let store = Store::open(&config.store, &config.data_dir).await.unwrap();
        let auth = Auth::new(&config, store.clone()).await.unwrap();
        let registry = Registry::of(SERVICES, &config);
        let worker = WorkerCommand { program: "/nowhere".into(), args: Vec::new() };
        let system = System::start(config, store, registry, worker).await.unwrap();
        Self { state: AppState::new(system, auth), _data: data }
    }

    /// A token of a new account.
    async fn account(&self, name: &str, role: Role) -> String {
        let password_hash = hash_password(&self.state.system.config().auth, PASSWORD).unwrap();
        let new = NewAccount { name: name.to_owned(), password_hash, role };
        self.state.system.store().create_account(new).await.unwrap();
        let login = json!({ "username": name, "password": PASSWORD });
        let answer = self.ask(Method::POST, "/api/v1/auth/token", None, Some(login)).await;
        let token: Value = answer.into_body().into_json().await.unwrap();
        token["access_token"].as_str().unwrap().to_owned()
    }

    async fn ask(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Response {
        let mut request = Request::builder().method(method).uri(path.parse().unwrap());
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = match body {
            Some(body) => request.content_type("application/json").body(body.to_string()),
            None => request.finish(),
        };
        app(&self.state).get_response(request).await
    }

    async fn problem(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Problem {
        let answer = self.ask(method, path, token, body).await;
        assert_eq!(answer.content_type(), Some("application/problem+json"), "{path}");
        let (status, id) = (answer.status(), answer.header("x-request-id").unwrap().to_owned());
        let problem: Problem = answer.into_body().into_json().await.unwrap();
        assert_eq!((problem.status, &problem.request_id), (status.as_u16(), &id));
        problem
    }
}

#[tokio::test]
async fn pages_of_documentation_are_beside_the_operations() {
    let here = Here::new().await;
    let token = here.account("anna", Role::User).await;
    for service in ["auth", "uploads", "ocr", "tasks", "downloads", "ops"] {
        for page in ["doc", "redoc", "openapi.json"] {
            let answer = here.ask(Method::GET, &format!("/api/v1/{service}/{page}"), None, None).await;
            assert_eq!(answer.status(), StatusCode::OK, "{service}/{page}");
        }
    }
    let not_an_id = here.problem(Method::GET, "/api/v1/tasks/docs", Some(&token), None).await;
    assert_eq!(not_an_id.code, ProblemCode::TaskNotFound);
    let list = here.ask(Method::GET, "/api/v1/tasks", Some(&token), None).await;
    assert_eq!(list.into_body().into_json::<Value>().await.unwrap(), json!({ "items": [] }));
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let here = Here::new().await;
    for path in ["/", "/api/v1", "/api/v1/auth/register", "/api/v1/nowhere", "/api/v2/tasks", "/api/v1/tasks/a/b/c"] {
        assert_eq!(here.problem(Method::GET, path, None, None).await.code, ProblemCode::RequestNotFound, "{path}");
    }
    let registration = json!({ "name": "anna", "password": PASSWORD });
    let refused = here.problem(Method::POST, "/api/v1/auth/users", None, Some(registration)).await;
    assert_eq!(refused.code, ProblemCode::AuthMissingToken);
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let here = Here::new().await;
    let answer = here.ask(Method::PUT, "/api/v1/tasks", None, None).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
    let answer = here.ask(Method::OPTIONS, "/api/v1/auth/users/anna", None, None).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(answer.header("allow"), Some("GET, HEAD, PATCH, DELETE, OPTIONS"));
    let odd = here.problem(Method::from_bytes(b"BREW").unwrap(), "/api/v1/tasks", None, None).await;
    assert_eq!(odd.code, ProblemCode::RequestMethodNotAllowed);
}

#[tokio::test]
async fn unknown_fields_and_parameters_are_refused() {
    let here = Here::new().await;
    let token = here.account("anna", Role::User).await;
    let pointers = async |method, path, body| {
        let problem = here.problem(method, path, Some(&token), body).await;
        assert_eq!(problem.code, ProblemCode::RequestInvalid, "{path}");
        problem.errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
    };
    let task = json!({ "service": "ocr", "lable": "x" });
    assert_eq!(pointers(Method::POST, "/api/v1/uploads/tasks", Some(task)).await, ["/lable"]);
    assert_eq!(pointers(Method::GET, "/api/v1/tasks?statsu=queued", None).await, ["/query/statsu"]);
    assert_eq!(pointers(Method::GET, "/api/v1/tasks?status=sleeping", None).await, ["/query/status"]);
    assert_eq!(pointers(Method::GET, "/api/v1/tasks?limit=0", None).await, ["/query/limit"]);
    assert_eq!(pointers(Method::GET, "/api/v1/tasks?cursor=x", None).await, ["/query/cursor"]);
}

#[tokio::test]
async fn a_token_ends_with_its_account() {
    let here = Here::new().await;
    let operator = here.account("olga", Role::Operator).await;
    let user = here.account("anna", Role::User).await;
    let me = "/api/v1/auth/me";
    assert_eq!(here.ask(Method::GET, me, Some(&user), None).await.status(), StatusCode::OK);
    let forbidden = here.problem(Method::GET, "/api/v1/auth/users", Some(&user), None).await;
    assert_eq!(forbidden.code, ProblemCode::AuthForbidden);

    let disable = json!({ "disabled": true });
    let answer = here.ask(Method::PATCH, "/api/v1/auth/users/anna", Some(&operator), Some(disable)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(here.problem(Method::GET, me, Some(&user), None).await.code, ProblemCode::AuthBadToken);
    let login = json!({ "username": "anna", "password": PASSWORD });
    let refused = here.problem(Method::POST, "/api/v1/auth/token", None, Some(login)).await;
    assert_eq!(refused.code, ProblemCode::AuthBadCredentials);

    let removed = here.ask(Method::DELETE, "/api/v1/auth/users/anna", Some(&operator), None).await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    let gone = here.problem(Method::GET, "/api/v1/auth/users/anna", Some(&operator), None).await;
    assert_eq!(gone.code, ProblemCode::AuthUserNotFound);
}

#[tokio::test]
async fn keys_are_rotated_by_time_and_removed_when_nobody_needs_them() {
    let here = Here::new().await;
    let token = here.account("anna", Role::User).await;
    let kids = || {
        let keys = here.state.auth.jwks();
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect::<Vec<_>>()
    };
    let now = chrono::Utc::now();
    let tend = |days: i64| here.state.auth.tend_once(now + chrono::TimeDelta::days(days));
    let first = kids();
    here.state.auth.rotate_keys().await.unwrap();
    tend(0).await.unwrap();
    let both = kids();
    assert!(both.len() == 2 && both.contains(&first[0]), "both verify");
    let me = here.ask(Method::GET, "/api/v1/auth/me", Some(&token), None).await;
    assert_eq!(me.status(), StatusCode::OK, "signed by the key before");
    tend(1).await.unwrap();
    assert_eq!(kids().len(), 2, "links live for a week");
    tend(8).await.unwrap();
    let second = kids();
    assert!(second.len() == 1 && second != first, "nothing that the first key signed lives longer");
    tend(89).await.unwrap();
    assert_eq!(kids(), second);
    tend(91).await.unwrap();
    assert!(kids().len() == 2 && kids().contains(&second[0]), "it has signed for long enough");
    tend(99).await.unwrap();
    assert!(kids().len() == 1 && kids() != second);
}

#[tokio::test]
async fn tasks_of_others_do_not_exist() {
    let here = Here::new().await;
    let anna = here.account("anna", Role::User).await;
    let boris = here.account("boris", Role::User).await;
    let answer = here.ask(Method::POST, "/api/v1/uploads/tasks", Some(&anna), Some(json!({ "service": "ocr" }))).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let location = answer.header("location").unwrap().to_owned();
    assert_eq!(here.ask(Method::GET, &location, Some(&anna), None).await.status(), StatusCode::OK);
    let id = location.rsplit('/').next().unwrap();
    for (method, path) in [
        (Method::GET, location.clone()),
        (Method::DELETE, location.clone()),
        (Method::GET, format!("{location}/log")),
        (Method::POST, format!("{location}/cancel")),
        (Method::GET, format!("/api/v1/downloads/tasks/{id}")),
        (Method::POST, format!("/api/v1/uploads/tasks/{id}/submit")),
        (Method::POST, format!("/api/v1/uploads/tasks/{id}/files")),
    ] {
        let problem = here.problem(method, &path, Some(&boris), None).await;
        assert_eq!(problem.code, ProblemCode::TaskNotFound, "{path}");
    }
}
