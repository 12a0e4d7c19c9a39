//! Which tasks a filter lets through.

use d2d_api::OpsTask;

/// Whether every word of `filter` is found in the task: in its owner, label, identifier, status, service or file names.
/// Case does not matter; an empty filter lets everything through.
#[must_use]
pub fn matches(task: &OpsTask, filter: &str) -> bool {
    let fields = searched(task);
    filter.split_whitespace().map(str::to_lowercase).all(|word| fields.iter().any(|field| field.contains(&word)))
}

fn searched(task: &OpsTask) -> Vec<String> {
    let named = [task.owner.as_str(), task.service.as_str(), task.status.as_str()];
    let texts = named.into_iter().chain(task.label.as_deref()).chain(task.files.iter().map(String::as_str));
    texts.map(str::to_lowercase).chain([task.id.to_string()]).collect()
}

#[cfg(test)]
mod tests {
    use d2d_api::TaskStatus;

    use super::*;
    use crate::testing::task;

    #[test]
    fn every_word_must_be_found_somewhere() {
        let task = OpsTask {
            owner: "alice".into(),
            label: Some("Spring letters".into()),
            status: TaskStatus::Queued,
            files: vec!["a.png".into(), "Übersicht.PDF".into()],
            ..task(7)
        };
        for found in ["", "alice", "SPRING", "queued", "übersicht.pdf", "ali queued letters", &task.id.to_string()] {
            assert!(matches(&task, found), "{found}");
        }
        for missed in ["bob", "alice bob", "execution", "b.png"] {
            assert!(!matches(&task, missed), "{missed}");
        }
    }
}
