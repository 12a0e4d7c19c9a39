//! The messages that are still to be sent: who may send one, and what came of it.
//!
//! A node that claims a message puts off when it is due by as long as its lease: if the node dies, the message is due
//! again for others. So a message is sent at least once; each time under the same [`MessageKey`].

use std::time::Duration;

use chrono::{DateTime, Utc};
use d2d_api::{TaskId, WebhookStatus};
use surrealdb::types::{RecordId, RecordIdKey, SurrealValue, Value};

use super::{Attempt, DueMessage, Message, MessageKey};
use crate::database::bind;
use crate::records::{TaskRecord, task_record};
use crate::tasks::TaskRow;
use crate::{Store, StoreError};

/// Writes the message of the end that `$row` has come to by a change, if it has and if somebody wants to know; then `$row`
/// tells of it. Knows `$task`, `$key` and `$row` as any change of a task.
pub(crate) const TELL: &str =
    "IF $row.webhook != NONE AND $row.status IN ['success', 'failure', 'cancelled', 'expired'] {
    UPDATE $task SET webhook = {
        url: webhook.url, host: webhook.host, status: 'pending', attempts: 0,
        next_attempt_at: time::now(), message: seq
    } RETURN NONE;
    CREATE type::record('webhook_message', [$key, $row.seq]) CONTENT {
        key: $key, seq: $row.seq, host: $row.webhook.host, task: (SELECT * FROM ONLY $task),
        created_at: time::now(), due_at: time::now(), attempts: 0, claims: 0
    } RETURN NONE
};
LET $row = IF $row.webhook = NONE { $row } ELSE { SELECT * FROM ONLY $task };";

/// The assignment of a task that goes on, perhaps after an end: whoever wants to know is told of its next one.
pub(crate) const FRESH: &str = "webhook = IF webhook = NONE { NONE } ELSE {
    { url: webhook.url, host: webhook.host, status: 'pending', attempts: 0 }
}";

/// In the order of the index `webhook_message_due`.
const DUE: &str = "SELECT key, seq, host, due_at FROM webhook_message
    WHERE due_at <= time::now() AND host NOT IN $busy ORDER BY due_at ASC LIMIT $limit";

#[derive(SurrealValue)]
struct DueRecord {
    key: uuid::Uuid,
    seq: u64,
    host: String,
}

#[derive(SurrealValue)]
struct ClaimedRecord {
    message: MessageRecord,
    secret: String,
}

#[derive(SurrealValue)]
struct MessageRecord {
    task: TaskRecord,
    created_at: DateTime<Utc>,
    attempts: u32,
    claims: u64,
}

impl Store {
    /// What the messages of a task are signed with: for the answer to its registration, if the secret was made then.
    pub async fn webhook_secret(&self, id: TaskId) -> Result<Option<String>, StoreError> {
        let query = "SELECT VALUE secret FROM ONLY type::record('webhook_secret', $key)";
        self.database().run("read the secret of a webhook", query, bind! { key: id.0 }).await
    }

    /// At most `limit` messages that may be claimed now, the longest due first; none for a host in `busy`.
    pub async fn due_messages(&self, busy: &[String], limit: usize) -> Result<Vec<DueMessage>, StoreError> {
        let bindings = bind! { busy: busy.to_vec(), limit: limit };
        let records: Vec<DueRecord> = self.database().run("list the messages that are due", DUE, bindings).await?;
        Ok(records.into_iter().map(DueMessage::from).collect())
    }

    /// Takes a message to send it, for as long as `ttl`. `None` if it is not due any more: another node may have been
    /// faster, or its task was removed.
    pub async fn claim_message(
        &self,
        key: MessageKey,
        node: &str,
        ttl: Duration,
    ) -> Result<Option<Message>, StoreError> {
        let query = "{
            LET $claimed = (UPDATE $message SET due_at = time::now() + $ttl, node = $node, claims += 1
                WHERE due_at <= time::now() RETURN AFTER)[0];
            IF $claimed = NONE { RETURN NONE };
            RETURN {
                message: $claimed,
                secret: (SELECT VALUE secret FROM ONLY type::record('webhook_secret', $key)),
            };
        }";
        let bindings = bind! { message: message_record(key), key: key.task.0, node: node, ttl: ttl };
        let claimed: Option<ClaimedRecord> = self.database().run("claim a message", query, bindings).await?;
        claimed.map(|claimed| claimed.into_message(key)).transpose()
    }

    /// Keeps what came of sending a message; the task tells it, and its `seq` grows, unless it has ended anew meanwhile.
    /// Answers `false`, and does nothing, if the message is another's by now, or gone with its task.
    pub async fn settle_message(&self, message: &Message, attempt: &Attempt) -> Result<bool, StoreError> {
        let (status, error, again_in) = match attempt {
            Attempt::Delivered => (WebhookStatus::Delivered, None, None),
            Attempt::Failed { error, again_in: None } => (WebhookStatus::Failed, Some(error.as_str()), None),
            Attempt::Failed { error, again_in } => (WebhookStatus::Pending, Some(error.as_str()), *again_in),
        };
        let (due_at, settle) = match again_in {
            Some(_) => (
                "time::now() + $again_in",
                "UPDATE $message SET due_at = $due_at, attempts = $attempts, node = NONE WHERE claims = $fencing_token",
            ),
            None => ("NONE", "DELETE $message WHERE claims = $fencing_token"),
        };
        let query = format!(
            "{{
                LET $due_at = {due_at};
                IF ({settle} RETURN BEFORE)[0] = NONE {{ RETURN false }};
                UPDATE $task SET webhook.status = $status, webhook.attempts = $attempts,
                    webhook.next_attempt_at = $due_at, webhook.last_error = $error, seq += 1
                    WHERE webhook.message = $seq RETURN NONE;
                RETURN true;
            }}"
        );
        let bindings = bind! {
            message: message_record(message.key),
            task: task_record(message.key.task),
            seq: message.key.seq,
            fencing_token: message.token,
            attempts: message.attempts + 1,
            status: status.as_str(),
            error: error,
            again_in: again_in,
        };
        self.database().run("settle a message", &query, bindings).await
    }

    /// Makes the messages due that `node` has claimed: for its start, when its earlier life sends none any more.
    pub async fn release_messages(&self, node: &str) -> Result<(), StoreError> {
        let query = "UPDATE webhook_message SET due_at = time::now(), node = NONE WHERE node = $node RETURN NONE";
        let _: Value = self.database().run("release the messages of a node", query, bind! { node: node }).await?;
        Ok(())
    }
}

fn message_record(key: MessageKey) -> RecordId {
    let parts = vec![surrealdb::types::Uuid::from(key.task.0).into_value(), key.seq.into_value()];
    RecordId::new("webhook_message", RecordIdKey::Array(parts.into()))
}

impl From<DueRecord> for DueMessage {
    fn from(record: DueRecord) -> Self {
        Self { key: MessageKey { task: TaskId(record.key), seq: record.seq }, host: record.host }
    }
}

impl ClaimedRecord {
    fn into_message(self, key: MessageKey) -> Result<Message, StoreError> {
        let Self { message, secret } = self;
        let TaskRow { task, keep, .. } = TaskRow::try_from(message.task)?;
        let url = task.webhook.as_ref().map(|webhook| webhook.url.clone());
        Ok(Message {
            key,
            token: message.claims,
            attempts: message.attempts,
            url: url.ok_or_else(|| StoreError::unreadable("a message of a task without a webhook"))?,
            secret,
            ended_at: message.created_at,
            task,
            keep,
        })
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Result;

    use super::*;
    use crate::tests::on_each_store;

    #[test]
    fn due_messages_are_read_off_their_index() -> Result<()> {
        on_each_store(|store| async move {
            let bindings = bind! { busy: vec!["example.org"], limit: 5 };
            let plan: String = store.database().run("explain", &format!("EXPLAIN {DUE}"), bindings).await?;
            assert!(plan.contains("IndexScan") && plan.contains("index: webhook_message_due"), "{plan}");
            assert!(!plan.contains("TableScan") && !plan.contains("Sort"), "{plan}");
            Ok(())
        })
    }
}
