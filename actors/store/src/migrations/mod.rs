//! The schema of the database, in numbered steps.
//!
//! Each step is a file that is never changed once it was released: what comes later is a new step. The record
//! `schema:current` says which was the last; each step and the record of it are one transaction, so that it happens once
//! even if several daemons start at the same time.

use surrealdb::types::SurrealValue;

use crate::StoreError;
use crate::database::{Database, bind};

const STEPS: [&str; 8] = [
    include_str!("0001_initial.surql"),
    include_str!("0002_accounts.surql"),
    include_str!("0003_uploads.surql"),
    include_str!("0004_tus.surql"),
    include_str!("0005_results.surql"),
    include_str!("0006_webhooks.surql"),
    include_str!("0007_page_failures.surql"),
    include_str!("0008_leases.surql"),
];

/// Brings the schema up to date.
///
/// # Errors
/// [`StoreError::NewerSchema`] if a later version of data2data wrote the database.
pub(crate) async fn run(database: &Database) -> Result<(), StoreError> {
    run_steps(database, &STEPS).await
}

/// Brings the schema of an empty database to an earlier version, or to that of this program.
///
/// # Errors
/// [`StoreError::NewerSchema`] if this program does not know that version yet.
pub(crate) async fn run_to(database: &Database, schema: u64) -> Result<(), StoreError> {
    let steps = usize::try_from(schema).ok().and_then(|count| STEPS.get(..count));
    run_steps(database, steps.ok_or(StoreError::NewerSchema { found: schema, known: STEPS.len() as u64 })?).await
}

async fn run_steps(database: &Database, steps: &[&str]) -> Result<(), StoreError> {
    prepare(database).await?;
    loop {
        let done = version(database).await?;
        match usize::try_from(done).ok().and_then(|done| steps.get(done)) {
            Some(step) => apply(database, done, step).await?,
            None if done > steps.len() as u64 => {
                return Err(StoreError::NewerSchema { found: done, known: steps.len() as u64 });
            }
            None => return Ok(()),
        }
    }
}

async fn prepare(database: &Database) -> Result<(), StoreError> {
    let query = "{
        DEFINE TABLE IF NOT EXISTS schema SCHEMAFULL COMMENT 'The version of the schema';
        DEFINE FIELD IF NOT EXISTS version ON schema TYPE int;
        DEFINE FIELD IF NOT EXISTS changed_at ON schema TYPE datetime;
        RETURN true;
    }";
    let _: bool = database.run("prepare the schema", query, bind! {}).await?;
    Ok(())
}

async fn version(database: &Database) -> Result<u64, StoreError> {
    #[derive(SurrealValue)]
    struct Schema {
        version: u64,
    }
    let schema: Option<Schema> =
        database.run("read the version of the schema", "SELECT version FROM ONLY schema:current", bind! {}).await?;
    Ok(schema.map_or(0, |schema| schema.version))
}

/// Does one step, unless another process has done it meanwhile.
async fn apply(database: &Database, done: u64, step: &str) -> Result<(), StoreError> {
    let query = format!(
        "{{
            IF ((SELECT VALUE version FROM ONLY schema:current) ?? 0) != $done {{ RETURN false }};
            {step}
            UPSERT schema:current SET version = $done + 1, changed_at = time::now();
            RETURN true;
        }}"
    );
    let applied: bool = database.run("change the schema", &query, bind! { done: done }).await?;
    if applied {
        tracing::info!(schema.version = done + 1, "database schema brought up to date");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, Result};

    use super::*;
    use crate::tests::{on_each_store, on_runtime, open};

    const ANOTHER: &str = "DEFINE TABLE another SCHEMAFULL; CREATE another:one RETURN NONE;";

    #[test]
    fn steps_are_done_once_and_in_order() -> Result<()> {
        on_each_store(|store| async move {
            let database = store.database();
            assert_eq!(version(database).await?, STEPS.len() as u64);
            let more = [&STEPS[..], &[ANOTHER, "CREATE another:two RETURN NONE;"]].concat();
            // As if two daemons started at the same time: `CREATE` fails if it is done twice.
            let (one, two) = tokio::join!(run_steps(database, &more), run_steps(database, &more));
            one?;
            two?;
            run_steps(database, &more).await?;
            assert_eq!(version(database).await?, more.len() as u64);
            Ok(())
        })
    }

    #[test]
    fn a_step_that_fails_leaves_nothing() -> Result<()> {
        on_each_store(|store| async move {
            let database = store.database();
            let bad = [&STEPS[..], &["DEFINE TABLE another SCHEMAFULL; CREATE account:x RETURN NONE;"]].concat();
            assert!(run_steps(database, &bad).await.is_err(), "an account needs a name");
            assert_eq!(version(database).await?, STEPS.len() as u64);
            run_steps(database, &[&STEPS[..], &[ANOTHER]].concat()).await?;
            Ok(())
        })
    }

    #[test]
    fn what_accounts_kept_before_is_counted() -> Result<()> {
        on_runtime(async {
            let dir = tempfile::TempDir::new()?;
            let store = open("mem://", dir.path()).await?;
            let database = store.database();
            // As a database of the first release.
            let wipe = "{ REMOVE DATABASE data2data; DEFINE DATABASE data2data; RETURN true }";
            let _: bool = database.run("wipe", wipe, bind! {}).await?;
            run_steps(database, &STEPS[..2]).await?;
            let tasks = "{
                FOR $task IN [
                    [u'018f4b5e-0000-7000-8000-000000000001', 'ann', 'success'],
                    [u'018f4b5e-0000-7000-8000-000000000002', 'ann', 'queued'],
                    [u'018f4b5e-0000-7000-8000-000000000003', 'bob', 'awaiting_files']
                ] {
                    CREATE type::record('task', $task[0]) SET key = $task[0], owner = $task[1], status = $task[2],
                        service = 'ocr', params = {}, priority = 0, rank = 0, message = '', progress = 0f,
                        pages = { done: 0, total: 0 }, attempt = 0, claims = 0, created_at = time::now(), seq = 1,
                        files = [{ id: rand::uuid(), name: 'a', media_type: 'b', bytes: 100, sha256: 'c' }];
                    IF $task[2] = 'success' {
                        CREATE type::record('artifact', [$task[0], 0]) SET artifact = rand::uuid(), name = 'a',
                            media_type = 'b', bytes = 7, sha256 = 'd', format = 'txt';
                    };
                };
                RETURN true;
            }";
            let _: bool = database.run("make tasks", tasks, bind! {}).await?;
            run_steps(database, &STEPS).await?;
            assert_eq!((store.stored_bytes("ann").await?, store.stored_bytes("bob").await?), (207, 100));
            for task in store.tasks(&crate::TaskFilter::default(), None, 10).await? {
                store.remove_task(task.task.id).await?;
            }
            assert_eq!((store.stored_bytes("ann").await?, store.stored_bytes("bob").await?), (0, 0));
            Ok(())
        })
    }

    #[test]
    fn what_nodes_held_before_they_still_hold() -> Result<()> {
        on_runtime(async {
            let dir = tempfile::TempDir::new()?;
            let store = open("mem://", dir.path()).await?;
            let id = crate::tests::queued(&store, crate::tests::new_task("ann")).await?.task.id;
            let (_, lease) = store.claim(id, "node-1").await?.context("free")?;
            let database = store.database();
            // As the schema before had it.
            let back = "{
                DEFINE FIELD OVERWRITE lease ON task
                    TYPE option<{ node: string, token: int, expires_at: datetime }>;
                UPDATE task SET lease = { node: lease.node, token: lease.token, expires_at: time::now() };
                REMOVE FIELD ready_at ON task;
                REMOVE FIELD ready_after ON task;
                UPDATE schema:current SET version = $before;
                RETURN true;
            }";
            let before = STEPS.iter().position(|step| step.contains("OVERWRITE lease")).context("there")?;
            let _: bool = database.run("go back", back, bind! { before: before }).await?;
            run_steps(database, &STEPS).await?;
            store.renew(&lease).await?;
            let seen = store.leases(d2d_api::TaskStatus::Execution).await?;
            assert_eq!(seen.iter().map(|seen| (&seen.lease, seen.beat)).collect::<Vec<_>>(), [(&lease, 1)]);
            Ok(())
        })
    }

    #[test]
    fn a_newer_schema_is_refused() -> Result<()> {
        on_each_store(|store| async move {
            run_steps(store.database(), &[&STEPS[..], &[ANOTHER]].concat()).await?;
            let Err(error) = run(store.database()).await else { anyhow::bail!("it was taken") };
            assert!(matches!(error, StoreError::NewerSchema { found, known } if found == known + 1), "{error:?}");
            assert!(error.to_string().contains("newer"), "{error}");
            Ok(())
        })
    }
}
