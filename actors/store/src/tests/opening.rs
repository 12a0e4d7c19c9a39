//! Opening stores: again, twice, and damaged ones.

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
        first.ping().await?;
        first.close().await?;
        open("surrealkv://", dir.path()).await?.close().await?;
        Ok(())
    })
}

#[test]
fn a_damaged_database_is_told_of() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        open("surrealkv://", dir.path()).await?.close().await?;
        let manifests = dir.path().join("db/manifest");
        let entry = std::fs::read_dir(&manifests)?.next().context("a manifest")??;
        std::fs::write(entry.path(), b"this is no manifest")?;
        let opened = Store::open(&StoreConfig::default(), dir.path()).await;
        let Err(error @ StoreError::Damaged { .. }) = opened else { anyhow::bail!("opened: {opened:?}") };
        assert!(error.to_string().contains("backup"), "{error}");
        Ok(())
    })
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
