//! A change of a task: one conditional transaction.
//!
//! It says in which states the task may be, asked of the pure state machine, and under which lease; it updates the record
//! and writes what belongs to it, the entry in the log above all. If the condition does not hold nothing is written, and
//! the task as it is tells why.

use d2d_api::{TaskId, TaskStatus, Transition};
use surrealdb::types::{Object, SurrealValue};

use super::idempotency::{self, EARLIER, REMEMBER};
use super::{Answer, IdempotencyKey, Lease, TaskRow};
use crate::database::{bind, bind_more};
use crate::records::{TaskRecord, task_record};
use crate::webhooks::{FRESH, TELL};
use crate::{Store, StoreError};

/// Writes the state after the change into the log of the task.
pub(super) const LOG: &str = "CREATE type::record('log', [$key, $row.seq]) CONTENT {
    seq: $row.seq, time: time::now(), status: $row.status, message: $row.message, attempt: $row.attempt
} RETURN NONE;";

/// Finds out how many bytes the tasks of the owner keep: `$used`.
pub(super) const USED: &str = "LET $owner = (SELECT VALUE owner FROM ONLY $task);
    LET $used = IF $owner = NONE { 0 } ELSE { (SELECT VALUE bytes FROM ONLY type::record('usage', $owner)) ?? 0 };";

/// Finds out what becomes of a task that awaits files once they are here: `$next` is `queued`, or `fetching` if there is
/// something to fetch. (Assignments see the record as it was before all of them, so what several need is found out first.)
pub(super) const NEXT: &str = "LET $next = IF array::len((SELECT VALUE urls FROM ONLY $task) ?? []) > 0
    { 'fetching' } ELSE { 'queued' };";
/// Lets it become that if `$complete`; else it awaits the next file.
pub(super) const PROCEED: &str = "status = IF $complete { $next } ELSE { status },
    message = IF !$complete { message } ELSE IF $next = 'queued' { 'queued' } ELSE { 'waiting to fetch its files' },
    submitted = $complete,
    queued_at = IF $complete AND $next = 'queued' { time::now() } ELSE { NONE },
    awaits_until = IF $complete { NONE } ELSE { time::now() + awaits }";

/// What is to happen to a task. The texts are `SurrealQL`; they know `$task` (its record), `$key` (its UUID), and what
/// `bindings` has; `also` knows `$row` (the record after the change), too.
pub(super) struct Change<'a> {
    /// What is tried, as a verb, for messages.
    action: &'static str,
    task: TaskId,
    /// The states in which it may happen.
    from: Vec<TaskStatus>,
    lease: Option<&'a Lease>,
    /// The beat that the lease must not have gone beyond.
    beat: Option<u64>,
    /// What must hold besides.
    condition: String,
    /// The assignments.
    set: String,
    /// What else is written.
    also: String,
    /// Whether clients can see it, so that `seq` grows.
    seen: bool,
    /// What goes before it.
    first: String,
    /// Whether it leads to an end, or on from one.
    turns: Turns,
    bindings: Object,
}

/// What a change may mean to those who want to know of the end of a task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turns {
    /// The task goes on: they are told when it ends next.
    On,
    /// It may end by it: if it does they are told.
    ToAnEnd,
    /// It has ended and stays so.
    Nowhere,
}

/// What a change came to.
pub(super) enum Changed {
    /// It happened; this is the task after it.
    Yes(Box<TaskRecord>),
    /// It happened before, for the same key; this was the task after it.
    Before(Box<TaskRecord>),
    /// Its condition does not hold for the task as it is.
    No(Box<TaskRow>),
}

impl<'a> Change<'a> {
    /// A change of state, which is logged. The state after it is `$to`.
    pub(super) fn transition(action: &'static str, task: TaskId, transition: Transition) -> Self {
        let from: Vec<_> = TaskStatus::ALL.into_iter().filter(|status| status.after(transition).is_ok()).collect();
        let to = from.first().and_then(|status| status.after(transition).ok());
        let turns = if to.is_some_and(TaskStatus::is_terminal) { Turns::ToAnEnd } else { Turns::On };
        let change = Self::new(action, task, from).also(LOG).bind(bind! { to: to.map(TaskStatus::as_str) });
        Self { turns, ..change }
    }

    /// A change of a task in `status`, which stays there unless the assignments say otherwise.
    pub(super) fn within(action: &'static str, task: TaskId, status: TaskStatus) -> Self {
        let turns = if status.is_terminal() { Turns::Nowhere } else { Turns::ToAnEnd };
        Self { turns, ..Self::new(action, task, vec![status]) }
    }

    fn new(action: &'static str, task: TaskId, from: Vec<TaskStatus>) -> Self {
        Self {
            action,
            task,
            from,
            lease: None,
            beat: None,
            condition: "true".to_owned(),
            set: String::new(),
            also: String::new(),
            seen: true,
            first: String::new(),
            turns: Turns::Nowhere,
            bindings: Object::new(),
        }
    }

    /// Only if `lease` is the one that the task is worked on under.
    pub(super) fn under(mut self, lease: &'a Lease) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Only if the lease was not renewed since it had this beat, if one is given.
    pub(super) fn unrenewed_since(mut self, beat: Option<u64>) -> Self {
        self.beat = beat;
        self
    }

    /// Only if this holds.
    pub(super) fn only_if(mut self, condition: &str) -> Self {
        condition.clone_into(&mut self.condition);
        self
    }

    /// The assignments, which must not be empty.
    pub(super) fn set(mut self, set: &str) -> Self {
        set.clone_into(&mut self.set);
        self
    }

    /// What else to write in the same transaction.
    pub(super) fn also(mut self, statements: &str) -> Self {
        self.also.push_str(statements);
        self
    }

    /// Clients can't see it: `seq` stays.
    pub(super) fn unseen(mut self) -> Self {
        self.seen = false;
        self
    }

    /// What goes before it in the same transaction.
    pub(super) fn first(mut self, statements: &str) -> Self {
        self.first.push_str(statements);
        self
    }

    /// Done once for this key, if there is one: the second time, what came of the first is answered.
    pub(super) fn once(mut self, key: Option<IdempotencyKey>) -> Self {
        let Some(key) = key else { return self };
        self.first.push_str(EARLIER);
        self.also(REMEMBER).bind(idempotency::bindings(key))
    }

    /// Who wants to know of the end of the task was told before: this is no other end.
    pub(super) fn untold(mut self) -> Self {
        self.turns = Turns::Nowhere;
        self
    }

    /// More of the values that the texts refer to.
    pub(super) fn bind(mut self, more: Object) -> Self {
        bind_more(&mut self.bindings, more);
        self
    }

    fn query(&self) -> String {
        let held = match (self.lease, self.beat) {
            (None, _) => "true",
            (Some(_), None) => "lease.node = $node AND lease.token = $fencing_token",
            (Some(_), Some(_)) => "lease.node = $node AND lease.token = $fencing_token AND lease.beat = $beat",
        };
        let step = u8::from(self.seen);
        let (fresh, tell) = match self.turns {
            Turns::On => (format!(", {FRESH}"), ""),
            Turns::ToAnEnd => (String::new(), TELL),
            Turns::Nowhere => (String::new(), ""),
        };
        let Self { first, condition, set, also, .. } = self;
        format!(
            "{{
                {first}
                LET $row = (UPDATE $task SET {set}{fresh}, seq += {step}
                    WHERE status IN $from AND {held} AND {condition} RETURN AFTER)[0];
                IF $row = NONE {{ RETURN {{ before: (SELECT * FROM ONLY $task) }} }};
                {tell}
                {also}
                RETURN {{ after: $row }};
            }}"
        )
    }

    fn bindings(&mut self) -> Object {
        let mut bindings = std::mem::take(&mut self.bindings);
        let always = bind! {
            task: task_record(self.task),
            key: self.task.0,
            from: self.from.iter().map(|status| status.as_str()).collect::<Vec<_>>(),
        };
        bind_more(&mut bindings, always);
        if let Some(lease) = self.lease {
            let held = bind! { node: lease.node.as_str(), fencing_token: lease.token, beat: self.beat };
            bind_more(&mut bindings, held);
        }
        bindings
    }
}

impl Store {
    /// Does the change, or tells what the task is like that it can't be done to.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such task.
    pub(super) async fn change(&self, mut change: Change<'_>) -> Result<Changed, StoreError> {
        #[derive(SurrealValue)]
        struct Outcome {
            after: Option<TaskRecord>,
            before: Option<TaskRecord>,
            replayed: Option<TaskRecord>,
            reused: Option<bool>,
        }
        let bindings = change.bindings();
        let outcome: Outcome = self.database().run(change.action, &change.query(), bindings).await?;
        match outcome {
            Outcome { reused: Some(true), .. } => Err(StoreError::KeyReused),
            Outcome { replayed: Some(earlier), .. } => Ok(Changed::Before(Box::new(earlier))),
            Outcome { after: Some(after), .. } => Ok(Changed::Yes(Box::new(after))),
            Outcome { before: Some(before), .. } => Ok(Changed::No(Box::new(before.try_into()?))),
            _ => Err(StoreError::NotFound),
        }
    }
}

impl Changed {
    /// The task after the change, or why there was none, as `explain` reads it from the task as it is.
    pub(super) fn or_else(self, explain: impl FnOnce(&TaskRow) -> StoreError) -> Result<TaskRow, StoreError> {
        self.answer_or_else(explain).map(|answer| answer.row)
    }

    /// As [`Changed::or_else`], with whether it was answered before.
    pub(super) fn answer_or_else(self, explain: impl FnOnce(&TaskRow) -> StoreError) -> Result<Answer, StoreError> {
        match self {
            Self::Yes(after) => Ok(Answer { row: TaskRow::try_from(*after)?, replayed: false }),
            Self::Before(after) => Ok(Answer { row: TaskRow::try_from(*after)?, replayed: true }),
            Self::No(before) => Err(explain(&before)),
        }
    }
}

/// Why `transition` could not happen: the state of the task does not allow it, or else `otherwise`.
pub(super) fn refused(before: &TaskRow, transition: Transition, otherwise: StoreError) -> StoreError {
    before.task.status.after(transition).err().map_or(otherwise, StoreError::from)
}

/// Why `transition` could not happen under a lease: the task has ended meanwhile, or it is not this node's any more.
pub(super) fn not_held(before: &TaskRow, transition: Transition) -> StoreError {
    if before.task.status.is_terminal() {
        refused(before, transition, StoreError::LeaseLost)
    } else {
        StoreError::LeaseLost
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, Result};
    use d2d_api::WebhookStatus;

    use super::*;
    use crate::tests::{new_task, on_each_store};
    use crate::{NewTaskRow, NewWebhookRow};

    /// Whatever the assignments end a task by: its message is written, once.
    #[test]
    fn no_change_ends_a_task_silently() -> Result<()> {
        on_each_store(|store| async move {
            let (url, host, secret) = ("https://a.b/".to_owned(), "a.b".to_owned(), "whsec_".to_owned());
            let new = NewTaskRow { webhook: Some(NewWebhookRow { url, host, secret }), ..new_task("ann") };
            let id = store.create_task(new).await?.task.id;
            let within = |status| Change::within("end a task", id, status).set("status = 'failure'").also(LOG);
            let Changed::Yes(record) = store.change(within(TaskStatus::AwaitingFiles)).await? else {
                anyhow::bail!("it awaits files")
            };
            let task = TaskRow::try_from(*record)?.task;
            assert_eq!(task.webhook.context("there")?.status, WebhookStatus::Pending);
            let due = store.due_messages(&[], 9).await?;
            assert_eq!(due.iter().map(|due| (due.key.task, due.key.seq)).collect::<Vec<_>>(), [(id, task.seq)]);
            store.change(within(TaskStatus::Failure)).await?;
            assert_eq!(store.due_messages(&[], 9).await?.len(), 1, "it has not ended again");
            Ok(())
        })
    }
}
