//! A dump, and the database that is made of it: the same records, the same blobs, whatever happens while it is read.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use chrono::{TimeDelta, Utc};
use d2d_api::{DumpCounts, DumpLine, DumpStart, ProblemCode, Role, TaskError, TaskId, TaskStatus};
use d2d_config::StoreConfig;
use serde_json::json;
use tempfile::TempDir;

use super::{LONG, NODE, artifact, claimed, file, new_task, on_each_store, on_runtime, open, progress, queued};
use crate::{
    ApiKeyRow, FilePlan, IdempotencyKey, NewAccount, NewSession, NewTaskRow, NewTusUpload, NewWebhookRow, PageResult,
    RefreshToken, Restoring, SigningKey, Snapshot, Store, StoreError, TaskFilter, TicketRow,
};

/// More than are read at once.
const MANY: u32 = 600;

fn text(text: &str) -> String {
    text.to_owned()
}

/// What lets people in, of each kind.
async fn fill_accounts(store: &Store) -> Result<()> {
    let (now, soon) = (Utc::now(), Utc::now() + TimeDelta::nanoseconds(3_600_000_000_123));
    let new = NewAccount { name: text("ann"), password_hash: text("$argon2id$'\"\\\n`"), role: Role::Operator };
    let generation = store.create_account(new).await?.generation;
    let refresh = RefreshToken { sha256: text("token"), expires_at: soon };
    let session = NewSession { id: text("one"), account: text("ann"), generation, expires_at: soon, refresh };
    store.create_session(session).await?;
    let ticket = TicketRow { session: Some(text("one")), api_key: None, token_expires_at: None, expires_at: soon };
    store.create_ticket("ticket", ticket).await?;
    let key = ApiKeyRow {
        id: text("key"),
        account: text("ann"),
        name: text("a script"),
        scopes: vec![],
        sha256: text("secret"),
        created_at: now,
        expires_at: None,
        last_used_at: Some(now),
    };
    store.create_api_key(key, 10).await?;
    let secret = (0..=255).collect();
    let key =
        SigningKey { kid: text("kid"), secret, created_at: now, retired_at: None, longest_ttl: Some(u64::from(MANY)) };
    assert!(store.rotate_signing_key(None, key).await?);
    Ok(())
}

/// A task in each state, with all that tasks can have.
async fn fill_tasks(store: &Store) -> Result<()> {
    let webhook = NewWebhookRow { url: text("https://example.org/x"), host: text("example.org"), secret: text("s") };
    let rich = NewTaskRow {
        params: json!({"deep": {"list": [1, 2.5, null, true, {"text": "'\"\\\n\t\u{2028}é"}]}, "big": i64::MAX}),
        secrets: Some(json!({"password": "';--"})),
        label: Some(text("line one\nline two; DROP `x`")),
        priority: i32::MIN,
        webhook: Some(webhook),
        keep: Some(LONG),
        ..new_task("ann")
    };
    let key = IdempotencyKey { owner: text("ann"), key: text("k"), request: text("r"), keep: LONG };
    let id =
        store.create_task_once(NewTaskRow { id: TaskId::generate(), ..rich.clone() }, Some(key)).await?.row.task.id;
    store.cancel(id, "no").await?;
    store.create_task(NewTaskRow { urls: vec![text("https://example.org/a.pdf")], ..new_task("bob") }).await?;
    queued(store, NewTaskRow { id: TaskId::generate(), ..rich }).await?;

    let (row, lease) = claimed(store).await?;
    let file = row.task.files.first().context("a file")?.id;
    let pages = (1..=MANY).collect();
    store.set_plan(&lease, &[FilePlan { file, pages, warnings: vec![text("odd")] }], &progress(0.0, 0, MANY)).await?;
    for page in 1..=MANY {
        let result = PageResult { file, page, blob: format!("page {page}") };
        store.checkpoint(&lease, &result, &progress(1.5, page, MANY)).await?;
    }
    let (_, lease) = claimed(store).await?;
    store.succeed(&lease, &[artifact("txt", "a text"), artifact("json", "a layout")], "read").await?;
    let (_, lease) = claimed(store).await?;
    let error = TaskError { code: ProblemCode::PageCrashed, detail: text("no"), file: Some(text("a")), page: Some(7) };
    store.fail(&lease, error).await?;

    let task = store.create_task(new_task("ann")).await?.task.id;
    let new = NewTusUpload { task, owner: text("ann"), length: None, name: None, metadata: None };
    let upload = store.create_tus(new, LONG, 1, &[]).await?.id;
    let mut partial = store.blobs().resume(upload.0, 0).await?;
    partial.write(b"half of it").await?;
    partial.sync().await?;
    store.advance_tus(upload, 7, None, LONG).await?;
    Ok(())
}

async fn read(mut snapshot: Snapshot) -> Result<Vec<DumpLine>> {
    let mut lines = Vec::new();
    while let Some(line) = snapshot.next().await? {
        lines.push(line);
    }
    snapshot.release().await?;
    Ok(lines)
}

async fn restore(lines: &[DumpLine], dir: &TempDir) -> Result<Store> {
    let Some(DumpLine::Start(start)) = lines.first() else { bail!("no start: {:?}", lines.first()) };
    let config = StoreConfig { url: text("surrealkv://"), ..StoreConfig::default() };
    let mut restoring = Restoring::new(&config, dir.path(), start).await?;
    for line in lines {
        restoring.take(line.clone()).await?;
    }
    restoring.finish().await?;
    open("surrealkv://", dir.path()).await
}

fn counts(lines: &[DumpLine]) -> Result<DumpCounts> {
    match lines.last() {
        Some(DumpLine::End(counts)) => Ok(*counts),
        other => bail!("no end: {other:?}"),
    }
}

/// The lines that have records.
fn records(lines: &[DumpLine]) -> Vec<&DumpLine> {
    lines.iter().filter(|line| matches!(line, DumpLine::Records { .. })).collect()
}

#[test]
fn a_dump_becomes_the_same_database() -> Result<()> {
    on_each_store(|store| async move {
        fill_accounts(&store).await?;
        fill_tasks(&store).await?;
        let lines = read(store.snapshot().await?).await?;
        let dir = TempDir::new()?;
        let restored = restore(&lines, &dir).await?;

        let again = read(restored.snapshot().await?).await?;
        assert_eq!(records(&lines), records(&again));
        assert_eq!(counts(&lines)?, counts(&again)?);
        let tables: BTreeSet<_> = records(&lines).iter().map(|line| format!("{line:?}")).collect();
        let has = |table: &str| tables.iter().any(|line| line.contains(&format!("table: \"{table}\"")));
        for table in [
            "account",
            "api_key",
            "artifact",
            "blob_use",
            "gate",
            "idempotency",
            "log",
            "page",
            "plan",
            "refresh_token",
            "session",
            "signing_key",
            "task",
            "ticket",
            "tus",
            "usage",
            "webhook_message",
            "webhook_secret",
        ] {
            assert!(has(table), "{table} was not filled");
        }
        assert_eq!(counts(&lines)?.blobs, u64::from(MANY) + 3, "a scan, its pages, two results");
        restored.close().await?;
        Ok(())
    })
}

#[test]
fn what_is_restored_works_as_before() -> Result<()> {
    on_each_store(|store| async move {
        fill_accounts(&store).await?;
        fill_tasks(&store).await?;
        let dir = TempDir::new()?;
        let restored = restore(&read(store.snapshot().await?).await?, &dir).await?;

        let all = TaskFilter::default();
        let tasks = restored.tasks(&all, None, 100).await?;
        assert_eq!(tasks, store.tasks(&all, None, 100).await?);
        assert_eq!(restored.counts().await?, store.counts().await?);
        for status in TaskStatus::ALL {
            let filter = TaskFilter { status: vec![status], owner: Some(text("ann")), ..TaskFilter::default() };
            assert_eq!(restored.tasks(&filter, None, 100).await?, store.tasks(&filter, None, 100).await?, "{status}");
        }
        let live = tasks.iter().filter(|row| !row.task.status.is_terminal()).count();
        let max_queued = u64::try_from(live)?;
        let full = restored.create_task(NewTaskRow { max_queued, ..new_task("ann") }).await;
        assert!(matches!(full, Err(StoreError::QueueFull)), "the live tasks are counted: {full:?}");
        assert_eq!(restored.signing_keys().await?, store.signing_keys().await?);
        assert_eq!(restored.accounts().await?, store.accounts().await?);

        // The bytes kept were neither lost nor counted twice, and are counted on.
        assert!(store.stored_bytes("ann").await? > 0);
        assert_eq!(restored.stored_bytes("ann").await?, store.stored_bytes("ann").await?);
        for row in tasks {
            restored.remove_task(row.task.id).await?;
        }
        assert_eq!((restored.stored_bytes("ann").await?, restored.stored_bytes("bob").await?), (0, 0));
        restored.close().await?;
        Ok(())
    })
}

#[test]
fn a_dump_shows_one_moment() -> Result<()> {
    on_each_store(|store| async move {
        let mut ids = Vec::new();
        for _ in 0..MANY {
            ids.push(store.create_task(new_task("ann")).await?.task.id);
        }
        let mut snapshot = store.snapshot().await?;
        let mut lines = Vec::new();
        while let Some(line) = snapshot.next().await? {
            // Between any two lines a task goes and another comes.
            if let Some(id) = ids.pop() {
                store.remove_task(id).await?;
                store.create_task(new_task("bob")).await?;
            }
            lines.push(line);
        }
        snapshot.release().await?;
        assert_eq!(counts(&lines)?.tasks, u64::from(MANY));
        assert!(!format!("{lines:?}").contains("bob"), "what came later is not in it");
        Ok(())
    })
}

#[test]
fn blobs_of_a_snapshot_stay_until_it_ends() -> Result<()> {
    on_each_store(|store| async move {
        let blob = store.blobs().put(b"a scan").await?;
        let id = store.create_task(new_task("ann")).await?.task.id;
        store.add_file(id, d2d_api::InputFile { sha256: blob.sha256.clone(), ..file("a scan") }, 1).await?;
        let (sha256, path) = (blob.sha256.clone(), store.blobs().path(&blob.sha256));
        drop(blob);
        let (one, two) = (store.snapshot().await?, store.snapshot().await?);
        assert_eq!(store.remove_task(id).await?, Vec::<String>::new());
        assert!(path.exists(), "it is held");
        one.release().await?;
        assert!(path.exists(), "the other one holds it still");
        let lines = read(two).await?;
        assert!(lines.contains(&DumpLine::Blobs { sha256: vec![sha256] }), "{lines:?}");
        assert!(!path.exists(), "nobody holds it, and nobody refers to it");
        Ok(())
    })
}

#[test]
fn the_bytes_of_blobs_and_uploads_are_checked_when_they_are_restored() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let start = DumpStart { format: 1, version: text("x"), schema: 6, time: Utc::now() };
        let config = StoreConfig { url: text("surrealkv://"), ..StoreConfig::default() };
        let restoring = Restoring::new(&config, &dir.path().join("new"), &start).await?;
        let (good, from) = ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", dir.path().join("abc"));
        std::fs::write(&from, "abc")?;
        assert_eq!(restoring.blobs().copy_blob(&from, good)?, 3);
        std::fs::write(&from, "abd")?;
        let damaged = restoring.blobs().copy_blob(&from, good);
        assert!(matches!(&damaged, Err(StoreError::BackupDamaged { path }) if *path == from), "{damaged:?}");
        Ok(())
    })
}

#[test]
fn a_dump_that_is_not_whole_or_too_new_is_refused() -> Result<()> {
    on_runtime(async {
        let (dir, made) = (TempDir::new()?, TempDir::new()?);
        let store = open("mem://", made.path()).await?;
        store.create_task(new_task("ann")).await?;
        let lines = read(store.snapshot().await?).await?;
        let without: Vec<_> = lines
            .iter()
            .filter(|line| !matches!(line, DumpLine::Records { table, .. } if table == "task"))
            .cloned()
            .collect();
        let error = restore(&without, &dir).await.err().context("it was taken")?;
        assert!(error.to_string().contains("the dump can't be used"), "{error}");

        let config = StoreConfig { url: text("surrealkv://"), ..StoreConfig::default() };
        let start = |format, schema| DumpStart { format, version: text("9"), schema, time: Utc::now() };
        let newer = Restoring::new(&config, &made.path().join("a"), &start(1, 1000)).await;
        assert!(matches!(newer, Err(StoreError::NewerSchema { found: 1000, .. })), "{newer:?}");
        let foreign = Restoring::new(&config, &made.path().join("b"), &start(2, 1)).await;
        assert!(matches!(foreign, Err(StoreError::BadDump(_))), "{foreign:?}");
        let server = StoreConfig { url: text("ws://127.0.0.1:1"), ..StoreConfig::default() };
        let server = Restoring::new(&server, &made.path().join("c"), &start(1, 1)).await;
        assert!(matches!(server, Err(StoreError::ServerDatabase)), "{server:?}");
        Ok(())
    })
}

#[test]
fn a_dump_of_an_earlier_schema_is_brought_up_to_date() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let record = "[{ id: task:u'018f4b5e-0000-7000-8000-000000000001', key: u'018f4b5e-0000-7000-8000-000000000001', \
            owner: 'ann', status: 'queued', service: 'ocr', params: {}, priority: 0, rank: 0, message: '', progress: 0f, \
            pages: { done: 0, total: 0 }, attempt: 0, claims: 0, created_at: d'2026-01-02T03:04:05.123456789Z', seq: 1, \
            files: [{ id: u'018f4b5e-0000-7000-8000-000000000002', name: 'a', media_type: 'b', bytes: 100, sha256: 'c' }] }]";
        let lines = [
            DumpLine::Start(DumpStart { format: 1, version: text("0.0.1"), schema: 2, time: Utc::now() }),
            DumpLine::Records { table: text("task"), count: 1, surql: text(record) },
            DumpLine::End(DumpCounts { records: 1, tasks: 1, ..DumpCounts::default() }),
        ];
        let restored = restore(&lines, &dir).await?;
        assert_eq!(restored.stored_bytes("ann").await?, 100, "counted by the migration");
        let row = restored.tasks(&TaskFilter::default(), None, 10).await?.pop().context("the task")?;
        assert_eq!(row.task.created_at.timestamp_subsec_nanos(), 123_456_789);
        assert!(restored.claim(row.task.id, NODE).await?.is_some());
        restored.close().await?;
        Ok(())
    })
}
