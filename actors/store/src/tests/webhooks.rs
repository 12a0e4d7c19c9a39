//! The messages about ended tasks: one for each end, whatever ended the task, kept until it was taken or given up.

use std::time::Duration;

use anyhow::{Context, Result};
use d2d_api::{ProblemCode, TaskError, TaskId, TaskStatus, TaskWebhook, WebhookStatus};

use super::{LONG, NODE, new_task, on_each_store, progress, queued};
use crate::{Attempt, Message, MessageKey, NewTaskRow, NewWebhookRow, Store, TaskRow};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SHORT: Duration = Duration::from_millis(1);

fn told(host: &str) -> NewTaskRow {
    let webhook =
        NewWebhookRow { url: format!("https://{host}/ended"), host: host.to_owned(), secret: SECRET.to_owned() };
    NewTaskRow { webhook: Some(webhook), ..new_task("ann") }
}

/// A task that was cancelled, and that somebody wants to know of.
async fn cancelled(store: &Store, host: &str) -> Result<TaskRow> {
    let id = store.create_task(told(host)).await?.task.id;
    Ok(store.cancel(id, "no").await?)
}

async fn due(store: &Store) -> Result<Vec<MessageKey>> {
    Ok(store.due_messages(&[], 100).await?.into_iter().map(|due| due.key).collect())
}

async fn claim_one(store: &Store) -> Result<Message> {
    let key = *due(store).await?.first().context("one is due")?;
    store.claim_message(key, NODE, LONG).await?.context("nobody else claims it")
}

async fn webhook(store: &Store, id: TaskId) -> Result<TaskWebhook> {
    store.task(id).await?.and_then(|row| row.task.webhook).context("it has a webhook")
}

fn failed(again_in: Option<Duration>) -> Attempt {
    Attempt::Failed { error: "it answered 500".to_owned(), again_in }
}

#[test]
fn every_end_leaves_one_message() -> Result<()> {
    on_each_store(|store| async move {
        let error = TaskError { code: ProblemCode::PageCrashed, detail: "no".to_owned(), file: None, page: None };
        let mut ends = Vec::new();
        for end in [TaskStatus::Success, TaskStatus::Failure, TaskStatus::Cancelled] {
            let id = queued(&store, told("example.org")).await?.task.id;
            let (_, lease) = store.claim(id, NODE).await?.context("free")?;
            assert_eq!(due(&store).await?.len(), ends.len(), "nothing has ended");
            let row = match end {
                TaskStatus::Success => store.succeed(&lease, &[], "done").await?,
                TaskStatus::Failure => store.fail(&lease, error.clone()).await?,
                _ => store.cancel(id, "no").await?,
            };
            let webhook = row.task.webhook.as_ref().context("it has a webhook")?;
            assert_eq!((webhook.status, webhook.attempts), (WebhookStatus::Pending, 0));
            assert!(webhook.next_attempt_at.is_some() && webhook.secret.is_none(), "{webhook:?}");
            ends.push(row);
        }
        queued(&store, new_task("ann")).await?;
        for row in ends {
            let key = MessageKey { task: row.task.id, seq: row.task.seq };
            let message = store.claim_message(key, NODE, LONG).await?.context("due")?;
            assert_eq!(message.task, row.task, "the message has the task as it ended");
            assert_eq!((message.secret.as_str(), message.url.as_str()), (SECRET, "https://example.org/ended"));
            assert!(!format!("{message:?}").contains("whsec_"), "secrets are not printed");
        }
        assert_eq!(due(&store).await?, []);
        Ok(())
    })
}

#[test]
fn a_task_without_a_webhook_leaves_none() -> Result<()> {
    on_each_store(|store| async move {
        let id = store.create_task(new_task("ann")).await?.task.id;
        assert_eq!(store.cancel(id, "no").await?.task.webhook, None);
        assert_eq!(due(&store).await?, []);
        Ok(())
    })
}

#[test]
fn what_was_taken_is_told_and_gone() -> Result<()> {
    on_each_store(|store| async move {
        let row = cancelled(&store, "example.org").await?;
        let message = claim_one(&store).await?;
        assert!(store.settle_message(&message, &Attempt::Delivered).await?);
        assert!(!store.settle_message(&message, &failed(Some(SHORT))).await?, "it is settled");
        let after = store.task(row.task.id).await?.context("there")?.task;
        assert_eq!(after.seq, row.task.seq + 1, "the change can be seen");
        let webhook = after.webhook.context("it has a webhook")?;
        assert_eq!((webhook.status, webhook.attempts, webhook.next_attempt_at), (WebhookStatus::Delivered, 1, None));
        store.release_messages(NODE).await?;
        assert_eq!(due(&store).await?, []);
        Ok(())
    })
}

#[test]
fn what_failed_is_due_again_until_it_is_given_up() -> Result<()> {
    on_each_store(|store| async move {
        let id = cancelled(&store, "example.org").await?.task.id;
        let first = claim_one(&store).await?;
        assert!(store.settle_message(&first, &failed(Some(LONG))).await?);
        let after = webhook(&store, id).await?;
        assert_eq!((after.status, after.attempts), (WebhookStatus::Pending, 1));
        assert_eq!(after.last_error.as_deref(), Some("it answered 500"));
        assert!(after.next_attempt_at.is_some_and(|at| at > first.ended_at + LONG / 2), "{after:?}");
        assert_eq!(due(&store).await?, [], "not yet");

        let other = cancelled(&store, "example.org").await?.task.id;
        let second = claim_one(&store).await?;
        assert!(store.settle_message(&second, &failed(Some(Duration::ZERO))).await?);
        let third = claim_one(&store).await?;
        assert_eq!((third.key, third.attempts), (second.key, 1));
        assert!(store.settle_message(&third, &failed(None)).await?);
        let after = webhook(&store, other).await?;
        assert_eq!((after.status, after.attempts, after.next_attempt_at), (WebhookStatus::Failed, 2, None));
        assert_eq!(due(&store).await?, []);
        Ok(())
    })
}

#[test]
fn a_claim_is_for_one_and_for_a_while() -> Result<()> {
    on_each_store(|store| async move {
        let row = cancelled(&store, "example.org").await?;
        let key = MessageKey { task: row.task.id, seq: row.task.seq };
        let dead = store.claim_message(key, "node-2", SHORT).await?.context("due")?;
        let taken = claim_one(&store).await?;
        assert!(taken.token > dead.token, "tokens grow");
        assert_eq!(store.claim_message(key, "node-2", LONG).await?, None, "it is another's");
        assert!(!store.settle_message(&dead, &Attempt::Delivered).await?, "its claim ran out");
        store.release_messages("node-2").await?;
        assert_eq!(due(&store).await?, [], "that node has none");
        store.release_messages(NODE).await?;
        let again = claim_one(&store).await?;
        assert_eq!((again.key, again.attempts), (key, 0));
        Ok(())
    })
}

#[test]
fn busy_hosts_are_passed_over() -> Result<()> {
    on_each_store(|store| async move {
        cancelled(&store, "slow.example").await?;
        cancelled(&store, "slow.example").await?;
        let quick = cancelled(&store, "quick.example").await?.task.id;
        let due = store.due_messages(&["slow.example".to_owned()], 2).await?;
        assert_eq!(due.iter().map(|due| due.key.task).collect::<Vec<_>>(), [quick]);
        assert_eq!(store.due_messages(&[], 2).await?.len(), 2, "the longest due");
        Ok(())
    })
}

#[test]
fn a_removed_task_has_no_messages() -> Result<()> {
    on_each_store(|store| async move {
        let row = cancelled(&store, "example.org").await?;
        let key = MessageKey { task: row.task.id, seq: row.task.seq };
        let message = store.claim_message(key, NODE, SHORT).await?.context("due")?;
        assert_eq!(store.webhook_secret(row.task.id).await?.as_deref(), Some(SECRET));
        store.remove_task(row.task.id).await?;
        assert_eq!(store.webhook_secret(row.task.id).await?, None);
        assert_eq!(due(&store).await?, []);
        assert_eq!(store.claim_message(key, NODE, LONG).await?, None);
        assert!(!store.settle_message(&message, &failed(Some(SHORT))).await?);
        assert_eq!(store.task(row.task.id).await?, None, "settling brings nothing back");
        Ok(())
    })
}

#[test]
fn progress_and_retaken_work_are_no_ends() -> Result<()> {
    on_each_store(|store| async move {
        let id = queued(&store, told("example.org")).await?.task.id;
        let (_, lease) = store.claim(id, NODE).await?.context("free")?;
        store.progress(&lease, &progress(10.0, 1, 9)).await?;
        let row = store.release(&lease, "drained").await?;
        let webhook = row.task.webhook.context("it has a webhook")?;
        assert_eq!((webhook.status, webhook.next_attempt_at), (WebhookStatus::Pending, None));
        assert_eq!(due(&store).await?, []);
        Ok(())
    })
}
