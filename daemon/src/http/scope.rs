//! What an API key needs for an operation: the one table of it.
//!
//! Tokens of logins need nothing beyond the role of their account. An operation that is not in the table is none for API
//! keys, so that a new one is not open to all of them by mistake.

use d2d_api::{ProblemCode, Scope};
use poem::http::Method;
use poem::http::header::{HeaderValue, WWW_AUTHENTICATE};

use super::caller::{Caller, Credential};
use super::problem::Failure;

/// What an API key needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing: any key will do.
    AnyKey,
    /// That scope.
    Scope(Scope),
    /// It can't be done with an API key at all.
    #[default]
    Login,
}

impl Need {
    /// The need of an operation, by its method and its path below the prefix.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        match (segments.next(), segments.next()) {
            (Some("auth"), Some("me" | "ws-tickets")) | (Some("uploads"), Some("services")) => Self::AnyKey,
            (Some("ocr"), _) if reads => Self::AnyKey,
            (Some("uploads" | "ocr"), _) => Self::Scope(Scope::UploadsWrite),
            (Some("tasks"), _) if reads => Self::Scope(Scope::TasksRead),
            (Some("tasks"), _) => Self::Scope(Scope::TasksWrite),
            (Some("downloads"), _) => Self::Scope(Scope::DownloadsRead),
            (Some("ops"), _) => Self::Scope(Scope::Ops),
            _ => Self::Login,
        }
    }

    /// The need in words, for the documentation.
    pub(super) fn told(self) -> String {
        match self {
            Self::AnyKey => "Any API key will do.".to_owned(),
            Self::Scope(scope) => format!("An API key needs the scope `{scope}`."),
            Self::Login => "Not with an API key: it takes a token from a login.".to_owned(),
        }
    }

    /// Refuses somebody whose API key does not have what is needed.
    pub(super) fn check(self, caller: &Caller) -> Result<(), Failure> {
        let Credential::ApiKey { scopes, .. } = &caller.credential else { return Ok(()) };
        let detail = match self {
            Self::AnyKey => return Ok(()),
            Self::Scope(scope) if scopes.contains(&scope) => return Ok(()),
            Self::Scope(scope) => format!("the API key has not the scope `{scope}`: make one that has"),
            Self::Login => "this can't be done with an API key: log in, and send the token".to_owned(),
        };
        let failure = Failure::new(ProblemCode::AuthInsufficientScope, detail);
        Err(failure.with_header(WWW_AUTHENTICATE, self.challenge()))
    }

    /// What RFC 6750 section 3.1 has a refusal say.
    fn challenge(self) -> HeaderValue {
        let (realm, scope) = match self {
            Self::Scope(scope) => {
                ("Bearer realm=\"data2data\", error=\"insufficient_scope\"", format!(", scope=\"{scope}\""))
            }
            Self::AnyKey | Self::Login => ("Bearer realm=\"data2data\", error=\"insufficient_scope\"", String::new()),
        };
        HeaderValue::try_from(format!("{realm}{scope}")).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
    }
}

#[cfg(test)]
mod tests {
    use d2d_api::Role;

    use super::*;

    fn with(scopes: &[Scope]) -> Caller {
        let credential = Credential::ApiKey { id: "1".to_owned(), scopes: scopes.to_vec() };
        Caller { name: "anna".to_owned(), role: Role::User, token_expires_at: None, credential }
    }

    #[test]
    fn needs_follow_service_and_method() {
        for (method, path, need) in [
            (Method::GET, "/auth/me", Need::AnyKey),
            (Method::POST, "/auth/api-keys", Need::Login),
            (Method::POST, "/auth/password", Need::Login),
            (Method::GET, "/auth/users/:name", Need::Login),
            (Method::POST, "/auth/keys/rotate", Need::Login),
            (Method::GET, "/uploads/services", Need::AnyKey),
            (Method::HEAD, "/uploads/tus/:upload", Need::Scope(Scope::UploadsWrite)),
            (Method::GET, "/tasks/:id/ws", Need::Scope(Scope::TasksRead)),
            (Method::DELETE, "/tasks/:id", Need::Scope(Scope::TasksWrite)),
            (Method::POST, "/downloads/tasks/:id/files/:file/link", Need::Scope(Scope::DownloadsRead)),
            (Method::GET, "/ops/overview", Need::Scope(Scope::Ops)),
            (Method::GET, "/something/new", Need::Login),
        ] {
            assert_eq!(Need::of(&method, path), need, "{method} {path}");
        }
    }

    #[test]
    fn a_key_has_its_scopes_and_no_more() {
        let key = with(&[Scope::TasksRead]);
        assert_eq!(Need::Scope(Scope::TasksRead).check(&key), Ok(()));
        assert_eq!(Need::AnyKey.check(&key), Ok(()));
        for need in [Need::Scope(Scope::TasksWrite), Need::Login] {
            assert_eq!(need.check(&key).unwrap_err().code, ProblemCode::AuthInsufficientScope);
        }
        let login = Caller { credential: Credential::Session("s".to_owned()), ..key };
        assert_eq!(Need::Login.check(&login), Ok(()));
    }
}
