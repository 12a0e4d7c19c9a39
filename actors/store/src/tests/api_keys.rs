//! API keys.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use d2d_api::{Role, Scope};

use super::on_each_store;
use crate::{AccountChange, ApiKeyRow, NewAccount, Store, StoreError};

fn key(id: &str, account: &str) -> ApiKeyRow {
    ApiKeyRow {
        id: id.to_owned(),
        account: account.to_owned(),
        name: "a scanner".to_owned(),
        scopes: vec![Scope::UploadsWrite, Scope::Ops],
        sha256: format!("hash of {id}"),
        created_at: DateTime::from_timestamp_nanos(1_000_000_000),
        expires_at: None,
        last_used_at: None,
    }
}

async fn account(store: &Store, name: &str) -> Result<()> {
    let new = NewAccount { name: name.to_owned(), password_hash: "$argon2id$".to_owned(), role: Role::User };
    store.create_account(new).await?;
    Ok(())
}

#[test]
fn keys_are_made_listed_and_removed_by_their_account() -> Result<()> {
    on_each_store(|store| async move {
        account(&store, "ann").await?;
        let made = store.create_api_key(key("one", "ann"), 50).await?;
        assert_eq!(made, key("one", "ann"));
        assert!(!format!("{made:?}").contains("hash of"), "secrets are not printed, nor their hashes");
        let (found, owner) = store.api_key("one").await?.context("there")?;
        assert_eq!((found, owner.name.as_str()), (made.clone(), "ann"));
        assert_eq!(store.api_keys("ann").await?, [made]);
        assert!(store.api_keys("ben").await?.is_empty());
        for (who, id) in [("ben", "one"), ("ann", "two"), ("ann", "")] {
            assert!(matches!(store.remove_api_key(who, id).await, Err(StoreError::NotFound)), "{who} {id}");
        }
        store.remove_api_key("ann", "one").await?;
        assert!(store.api_key("one").await?.is_none());
        Ok(())
    })
}

#[test]
fn keys_go_with_their_account() -> Result<()> {
    on_each_store(|store| async move {
        account(&store, "ann").await?;
        store.create_api_key(key("one", "ann"), 50).await?;
        let shut = |disabled| AccountChange { disabled: Some(disabled), ..AccountChange::default() };
        store.update_account("ann", shut(true)).await?;
        assert!(store.api_key("one").await?.is_none(), "not while it is shut out");
        store.update_account("ann", shut(false)).await?;
        assert!(store.api_key("one").await?.is_some(), "but a change alone does not end it");
        store.remove_account("ann").await?;
        account(&store, "ann").await?;
        assert!(store.api_key("one").await?.is_none());
        assert!(store.api_keys("ann").await?.is_empty(), "a namesake is somebody else");
        Ok(())
    })
}

#[test]
fn there_are_only_so_many() -> Result<()> {
    on_each_store(|store| async move {
        account(&store, "ann").await?;
        let makers: Vec<_> = (0..8)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move { store.create_api_key(key(&format!("k{number}"), "ann"), 3).await })
            })
            .collect();
        let mut made = 0;
        for maker in makers {
            match maker.await? {
                Ok(_) => made += 1,
                Err(error) => assert!(matches!(error, StoreError::TooMany), "{error}"),
            }
        }
        assert_eq!((made, store.api_keys("ann").await?.len()), (3, 3));
        store.create_api_key(key("other", "ben"), 3).await?;
        // One that has ended makes room.
        let id = store.api_keys("ann").await?[0].id.clone();
        store.remove_api_key("ann", &id).await?;
        let over = Some(Utc::now() - TimeDelta::seconds(1));
        store.create_api_key(ApiKeyRow { expires_at: over, ..key("over", "ann") }, 3).await?;
        store.create_api_key(key("new", "ann"), 3).await?;
        let ids: Vec<_> = store.api_keys("ann").await?.into_iter().map(|key| key.id).collect();
        assert!(ids.len() == 3 && !ids.contains(&"over".to_owned()), "{ids:?}");
        Ok(())
    })
}

#[test]
fn its_use_is_noted_unless_it_was_just_now() -> Result<()> {
    on_each_store(|store| async move {
        account(&store, "ann").await?;
        store.create_api_key(key("one", "ann"), 50).await?;
        let used = async || anyhow::Ok(store.api_key("one").await?.context("there")?.0.last_used_at);
        assert_eq!(used().await?, None);
        store.note_api_key_use("one", Utc::now() - TimeDelta::minutes(1)).await?;
        let first = used().await?.context("noted")?;
        store.note_api_key_use("one", Utc::now() - TimeDelta::minutes(1)).await?;
        assert_eq!(used().await?, Some(first), "not again within a minute");
        store.note_api_key_use("one", Utc::now() + TimeDelta::minutes(1)).await?;
        assert!(used().await? > Some(first));
        store.note_api_key_use("never", Utc::now()).await?;
        assert!(store.api_key("never").await?.is_none(), "a use makes no key");
        Ok(())
    })
}
