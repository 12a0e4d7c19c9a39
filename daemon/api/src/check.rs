//! Rules for what clients send that types alone don't tell. The command line asks them too, before it sends anything.

use crate::{FieldError, NewTask, NewUser, PasswordChange, UserPatch};

/// The fewest characters of a password.
const SHORTEST_PASSWORD: usize = 8;
/// The most bytes of a password: its hash costs time for each of them.
const LONGEST_PASSWORD: usize = 1024;
/// The most characters of the name of an account.
const LONGEST_NAME: usize = 64;
/// The most characters of the label of a task.
const LONGEST_LABEL: usize = 200;
/// The highest priority of a task; the lowest is its negative.
const HIGHEST_PRIORITY: i32 = 100;
/// The most files that a task may announce.
const MOST_FILES: u32 = 10_000;

/// A request body that can be well-formed and still wrong.
pub trait Check {
    /// Everything that is wrong with it; empty if nothing is.
    fn check(&self) -> Vec<FieldError>;
}

impl Check for NewTask {
    fn check(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        if self.label.as_ref().is_some_and(|label| label.chars().count() > LONGEST_LABEL) {
            wrong.push(FieldError::new("/label", format!("has more than {LONGEST_LABEL} characters")));
        }
        if self.priority.is_some_and(|priority| !(-HIGHEST_PRIORITY..=HIGHEST_PRIORITY).contains(&priority)) {
            wrong.push(FieldError::new("/priority", format!("is not from -{HIGHEST_PRIORITY} to {HIGHEST_PRIORITY}")));
        }
        let expected = self.files.as_ref().and_then(|files| files.expected);
        if expected.is_some_and(|count| !(1..=MOST_FILES).contains(&count)) {
            wrong.push(FieldError::new("/files/expected", format!("is not from 1 to {MOST_FILES}")));
        }
        wrong
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
        if self.password.is_none() && self.role.is_none() && self.disabled.is_none() {
            return vec![FieldError::new("", "changes nothing: give `password`, `role` or `disabled`")];
        }
        self.password.iter().filter_map(|password| password_error("/password", password)).collect()
    }
}

impl Check for PasswordChange {
    fn check(&self) -> Vec<FieldError> {
        password_error("/new", &self.new).into_iter().collect()
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
    (password.len() > LONGEST_PASSWORD).then(|| format!("has more than {LONGEST_PASSWORD} bytes"))
}

fn password_error(pointer: &str, password: &str) -> Option<FieldError> {
    password_fault(password).map(|fault| FieldError::new(pointer, fault))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NewTaskFiles;

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
    fn every_wrong_field_is_named() {
        let task = NewTask {
            service: "ocr".to_owned(),
            label: Some("x".repeat(201)),
            priority: Some(101),
            files: Some(NewTaskFiles { expected: Some(0) }),
            ..NewTask::default()
        };
        assert_eq!(pointers(&task), ["/label", "/priority", "/files/expected"]);
        assert_eq!(pointers(&NewTask { priority: Some(-100), ..NewTask::default() }), [""; 0]);
        assert_eq!(pointers(&UserPatch::default()), [""]);
        let user = NewUser { name: "A".to_owned(), password: "short".to_owned(), role: crate::Role::User };
        assert_eq!(pointers(&user), ["/name", "/password"]);
    }
}
