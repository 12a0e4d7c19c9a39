//! Opening stores: again, twice, and damaged ones.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use d2d_config::StoreConfig;
use tempfile::TempDir;

use super::{file, new_task, on_runtime, open};
use crate::{NewTaskRow, Store, StoreError};

#[test]
fn what_was_stored_is_there_after_opening_again() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let store = open("surrealkv://", dir.path()).await?;
        let blob = store.blobs().put(b"scan").await?;
        let id = store.create_task(NewTaskRow { expected_files: Some(1), ..new_task("ann") }).await?.task.id;
        let row = store.add_file(id, file(&blob.sha256), 1).await?;
        let log = store.log(id).await?;
        store.close().await?;

        let store = open("surrealkv://", dir.path()).await?;
        assert_eq!(store.task(id).await?, Some(row.clone()));
        assert_eq!(store.log(id).await?, log);
        assert_eq!(store.blobs().read(&blob.sha256).await?, b"scan");
        assert_eq!(store.candidates(1).await?.len(), 1, "indexes, too");
        // Without closing, as at the end of a process.
        drop(store);
        let store = open("surrealkv://", dir.path()).await?;
        assert_eq!(store.task(id).await?, Some(row));
        Ok(store.close().await?)
    })
}

#[test]
fn a_directory_has_one_user_at_a_time() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let first = open("surrealkv://", dir.path()).await?;
        let second = Store::open(&StoreConfig::default(), dir.path()).await;
        let Err(error @ StoreError::Locked { .. }) = second else { anyhow::bail!("opened twice: {second:?}") };
        let text = error.to_string();
        assert!(text.starts_with("another d2d is using") && text.contains("data_dir"), "{text}");
        assert_eq!(first.accounts().await?, []);
        first.close().await?;
        open("surrealkv://", dir.path()).await?.close().await?;
        Ok(())
    })
}

#[test]
fn a_damaged_manifest_is_told_of() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        open("surrealkv://", dir.path()).await?.close().await?;
        let manifests = dir.path().join("db/manifest");
        let manifest = std::fs::read_dir(&manifests)?.next().context("a manifest")??.path();
        let whole = std::fs::read(&manifest)?;
        let mut damaged = vec![b"this is no manifest".to_vec(), whole[..whole.len() / 2].to_vec()];
        // Any of its bytes: among them are those that say how many tables there are.
        damaged.extend((0..whole.len()).map(|at| {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            damaged
        }));
        for damaged in damaged {
            std::fs::write(&manifest, &damaged)?;
            let opened = Store::open(&StoreConfig::default(), dir.path()).await;
            let Err(error @ StoreError::Damaged { .. }) = opened else { anyhow::bail!("{damaged:?}: {opened:?}") };
            assert!(error.to_string().contains("backup"), "{error}");
        }
        std::fs::write(&manifest, whole)?;
        Ok(open("surrealkv://", dir.path()).await?.close().await?)
    })
}

#[test]
fn a_log_that_is_damaged_is_told_of_and_a_torn_one_is_not() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let store = open("surrealkv://", dir.path()).await?;
        let mut ids = Vec::new();
        for _ in 0..100 {
            ids.push(store.create_task(new_task("ann")).await?.task.id);
        }
        // As a crash leaves it: a copy of a database that is open.
        let left = |name: &str| -> Result<_> {
            let copy = dir.path().join(name);
            copy_folder(&dir.path().join("db"), &copy.join("db"))?;
            let log = std::fs::read_dir(copy.join("db/wal"))?.next().context("a log")??.path();
            let length = std::fs::metadata(&log)?.len();
            anyhow::ensure!(length > 100_000, "{length} bytes are too few to have a middle");
            Ok((copy, File::options().write(true).open(&log)?, length))
        };
        let (torn, log, length) = left("torn")?;
        log.set_len(length - 9)?;
        let mut damaged = Vec::new();
        for (name, part) in [("early", 10), ("middle", 2)] {
            let (copy, log, length) = left(name)?;
            log.write_all_at(&[0xff; 64], length / part)?;
            damaged.push(copy);
        }
        let (copy, log, length) = left("late")?;
        log.write_all_at(&[0xff; 64], length - 10_000)?;
        damaged.push(copy);
        store.close().await?;

        let store = open("surrealkv://", &torn).await?;
        assert!(store.task(ids[98]).await.is_ok(), "more is lost than what was being written");
        store.close().await?;
        for copy in damaged {
            let opened = Store::open(&StoreConfig::default(), &copy).await;
            let Err(error @ StoreError::Damaged { .. }) = opened else { anyhow::bail!("{copy:?} opened: {opened:?}") };
            let told = error.to_string();
            assert!(told.contains(".wal has interior corruption at offset ") && told.contains("d2d restore"), "{told}");
            assert!(!told.contains("Configure") && !told.contains(".."), "{told}");
        }
        Ok(())
    })
}

/// Each block of it: what every start reads is told of at once, and what is read later is not given away wrong.
#[test]
fn a_damaged_table_is_told_of() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let store = open("surrealkv://", dir.path()).await?;
        let mut ids = Vec::new();
        for _ in 0..100 {
            ids.push(store.create_task(new_task("ann")).await?.task.id);
        }
        store.close().await?;
        let tables: Vec<_> = std::fs::read_dir(dir.path().join("db/sstables"))?.collect::<Result<_, _>>()?;
        let [table] = tables.as_slice() else { anyhow::bail!("{tables:?}") };
        let size = table.metadata()?.len();
        let (mut untold, mut unread) = (0u32, 0u32);
        for at in (16..size).step_by(16 * 1024) {
            let copy = dir.path().join(at.to_string());
            copy_folder(&dir.path().join("db"), &copy.join("db"))?;
            let damaged = File::options().write(true).open(copy.join("db/sstables").join(table.file_name()))?;
            damaged.write_all_at(&[0xff; 64], at)?;
            let config = StoreConfig::default();
            let opened = tokio::time::timeout(Duration::from_secs(20), Store::open(&config, &copy)).await;
            match opened.with_context(|| format!("damaged at {at}: no answer"))? {
                Err(error) => {
                    let told = error.to_string();
                    assert!(error.is_damaged_database(), "damaged at {at}: {told}");
                    assert!(told.contains("checksum") && told.contains("d2d restore"), "damaged at {at}: {told}");
                }
                Ok(store) => {
                    anyhow::ensure!(at > 16, "what every start reads is damaged");
                    untold += 1;
                    for id in &ids {
                        match store.task(*id).await {
                            Ok(Some(row)) => assert_eq!(row.task.id, *id),
                            Err(error) if error.is_damaged_database() => unread += 1,
                            other => anyhow::bail!("damaged at {at}: {other:?}"),
                        }
                    }
                }
            }
        }
        assert!(untold > 0 && unread > 0, "{untold} started, {unread} tasks could not be read");
        Ok(())
    })
}

/// A new database would have the files of the old one swept away.
#[test]
fn files_without_their_database_are_no_new_beginning() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let store = open("surrealkv://", dir.path()).await?;
        let blob = store.blobs().put(b"precious").await?;
        store.close().await?;
        std::fs::remove_dir_all(dir.path().join("db"))?;
        let opened = Store::open(&StoreConfig::default(), dir.path()).await;
        let Err(error @ StoreError::Damaged { .. }) = opened else { anyhow::bail!("opened: {opened:?}") };
        assert!(error.to_string().contains("manifest"), "{error}");
        let folder = dir.path().join("blobs").join(&blob.sha256[..2]);
        std::fs::remove_dir_all(folder)?;
        open("surrealkv://", dir.path()).await?.close().await?;
        Ok(())
    })
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else {
            std::fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}

#[test]
fn a_url_that_names_no_database_is_refused() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        for url in ["", "postgres://localhost", "surrealkv"] {
            let config = StoreConfig { url: url.to_owned(), ..StoreConfig::default() };
            assert!(matches!(Store::open(&config, dir.path()).await, Err(StoreError::BadUrl(_))), "{url:?}");
        }
        let config = StoreConfig { url: "ws://127.0.0.1:1".to_owned(), ..StoreConfig::default() };
        let Err(error) = Store::open(&config, dir.path()).await else { anyhow::bail!("nobody listens there") };
        assert!(error.to_string().contains("ws://127.0.0.1:1"), "{error}");
        Ok(())
    })
}
