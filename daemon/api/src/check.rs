//! Rules for what clients send that types alone don't tell. The command line asks them too, before it sends anything.

use crate::{
    FieldError, MOST_LINK_SECONDS, NewApiKey, NewLink, NewTask, NewUrls, NewUser, PasswordChange, Replay, UserPatch,
};

/// The fewest characters of a password.
const SHORTEST_PASSWORD: usize = 8;
/// The most characters of a password: its hash costs time for each of them.
const LONGEST_PASSWORD: usize = 1024;
/// The most characters of the name of an API key.
const LONGEST_KEY_NAME: usize = 64;
/// The most failed tasks that are queued again by one request.
const MOST_REPLAYED: u32 = 100;
/// The most characters of the name of an account.
const LONGEST_NAME: usize = 64;

/// A request body that can be well-formed and still wrong.
pub trait Check {
    /// Everything that is wrong with it; empty if nothing is.
    fn check(&self) -> Vec<FieldError> {
        Vec::new()
    }
}

/// The conversion service and the system judge it, which know the limits that hold here.
impl Check for NewTask {}

impl Check for NewUrls {
    fn check(&self) -> Vec<FieldError> {
        let none = self.urls.is_empty().then(|| FieldError::new("/urls", "must have at least one URL"));
        none.into_iter().collect()
    }
}

impl Check for NewUser {
    fn check(&self) -> Vec<FieldError> {
        let name = account_name_fault(&self.name).map(|fault| FieldError::new("/name", fault));
        name.into_iter().chain(password_error("/password", &self.password)).collect()
    }
}

impl Check for UserPatch {
    fn check(&self) -> Vec<FieldError> {
        self.password.iter().filter_map(|password| password_error("/password", password)).collect()
    }
}

impl Check for PasswordChange {
    fn check(&self) -> Vec<FieldError> {
        password_error("/new", &self.new).into_iter().collect()
    }
}

impl Check for NewApiKey {
    fn check(&self) -> Vec<FieldError> {
        let name_fits =
            (1..=LONGEST_KEY_NAME).contains(&self.name.chars().count()) && !self.name.chars().any(char::is_control);
        let name = (!name_fits)
            .then(|| FieldError::new("/name", format!("must have 1 to {LONGEST_KEY_NAME} characters on one line")));
        let scopes = self.scopes.is_empty().then(|| FieldError::new("/scopes", "is empty: name what the key is for"));
        name.into_iter().chain(scopes).collect()
    }
}

impl Check for NewLink {
    fn check(&self) -> Vec<FieldError> {
        let fits = self.expires_in.is_none_or(|seconds| (1..=MOST_LINK_SECONDS).contains(&seconds));
        let detail = || FieldError::new("/expires_in", format!("must be from 1 to {MOST_LINK_SECONDS} seconds"));
        (!fits).then(detail).into_iter().collect()
    }
}

impl Check for Replay {
    fn check(&self) -> Vec<FieldError> {
        let one = (self.ids.is_some() == self.filter.is_some())
            .then(|| FieldError::new("", "must have either `ids` or a `filter`; `{\"filter\": {}}` takes all"));
        let count = self.ids.as_ref().is_some_and(|ids| !(1..=MOST_REPLAYED as usize).contains(&ids.len()));
        let ids = count.then(|| FieldError::new("/ids", format!("must have from 1 to {MOST_REPLAYED} tasks")));
        let limit = self.limit.is_some_and(|limit| !(1..=MOST_REPLAYED).contains(&limit));
        let limit = limit.then(|| FieldError::new("/limit", format!("must be from 1 to {MOST_REPLAYED}")));
        let alone = |pointer: &str, given: bool| {
            (given && self.ids.is_some()).then(|| FieldError::new(pointer, "goes with a `filter` only"))
        };
        let only = [alone("/cursor", self.cursor.is_some()), alone("/limit", self.limit.is_some())];
        one.into_iter().chain(ids).chain(limit).chain(only.into_iter().flatten()).collect()
    }
}

/// What is wrong with the name of an account; `None` if nothing is.
#[must_use]
pub fn account_name_fault(name: &str) -> Option<String> {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = name.starts_with(alphanumeric)
        && name.chars().all(|c| alphanumeric(c) || matches!(c, '.' | '_' | '-' | '@'))
        && name.len() <= LONGEST_NAME;
    (!fits).then(|| {
        format!(
            "must have 1 to {LONGEST_NAME} lower-case letters, digits, `.`, `_`, `-` or `@`, a letter or digit first"
        )
    })
}

/// What is wrong with a new password; `None` if nothing is.
#[must_use]
pub fn password_fault(password: &str) -> Option<String> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Some(format!("has fewer than {SHORTEST_PASSWORD} characters"));
    }
    (password.chars().count() > LONGEST_PASSWORD).then(|| format!("has more than {LONGEST_PASSWORD} characters"))
}

fn password_error(pointer: &str, password: &str) -> Option<FieldError> {
    password_fault(password).map(|fault| FieldError::new(pointer, fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(request: &impl Check) -> Vec<String> {
        request.check().into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn names_are_plain() {
        for good in ["a", "anna", "anna.b@example.org", "0-x_y", &"a".repeat(64)] {
            assert_eq!(account_name_fault(good), None, "{good}");
        }
        for bad in ["", "Anna", ".a", "@root", "a b", "ä", "a/b", "unix:root", &"a".repeat(65)] {
            assert!(account_name_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn passwords_are_long_but_not_endless() {
        assert!(password_fault("1234567").is_some());
        assert_eq!(password_fault("пароль12"), None);
        assert!(password_fault(&"a".repeat(1025)).is_some());
    }

    #[test]
    fn links_work_for_a_week_at_most() {
        let link = |expires_in| NewLink { expires_in };
        for good in [None, Some(1), Some(MOST_LINK_SECONDS)] {
            assert_eq!(pointers(&link(good)), [""; 0]);
        }
        for bad in [Some(0), Some(MOST_LINK_SECONDS + 1), Some(u64::MAX)] {
            assert_eq!(pointers(&link(bad)), ["/expires_in"]);
        }
    }

    #[test]
    fn a_replay_names_tasks_or_a_filter() {
        use crate::{DeadLetterFilter, Replay, TaskId};
        let (ids, filter) = (|count| Some(vec![TaskId::generate(); count]), Some(DeadLetterFilter::default()));
        let good = [
            Replay { ids: ids(100), ..Replay::default() },
            Replay { filter: filter.clone(), limit: Some(1), cursor: Some("x".to_owned()), ..Replay::default() },
        ];
        for good in good {
            assert_eq!(pointers(&good), [""; 0]);
        }
        assert_eq!(pointers(&Replay::default()), [""]);
        assert_eq!(pointers(&Replay { ids: ids(1), filter: filter.clone(), ..Replay::default() }), [""]);
        assert_eq!(pointers(&Replay { ids: ids(101), ..Replay::default() }), ["/ids"]);
        assert_eq!(pointers(&Replay { ids: ids(0), limit: Some(5), ..Replay::default() }), ["/ids", "/limit"]);
        assert_eq!(pointers(&Replay { filter, limit: Some(101), ..Replay::default() }), ["/limit"]);
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert!(pointers(&UserPatch::default()).is_empty(), "what is left out stays");
        let user = NewUser { name: "A".to_owned(), password: "short".to_owned(), role: crate::Role::User };
        assert_eq!(pointers(&user), ["/name", "/password"]);
        let key = NewApiKey { name: "a\nb".to_owned(), scopes: Vec::new(), expires_at: None };
        assert_eq!(pointers(&key), ["/name", "/scopes"]);
    }
}
