//! Accounts and signing keys.

use anyhow::{Context, Result};
use chrono::DateTime;
use d2d_api::Role;

use super::on_each_store;
use crate::{AccountChange, NewAccount, SigningKey, StoreError};

fn new_account(name: &str) -> NewAccount {
    NewAccount { name: name.to_owned(), password_hash: "$argon2id$secret".to_owned(), role: Role::User }
}

#[test]
fn accounts_are_made_changed_and_removed() -> Result<()> {
    on_each_store(|store| async move {
        for name in ["zoe", "a.b-c_d@example.org", "ann"] {
            store.create_account(new_account(name)).await?;
        }
        assert!(matches!(store.create_account(new_account("ann")).await, Err(StoreError::Exists)));
        let ann = store.account("ann").await?.context("there")?;
        assert_eq!((ann.role, ann.disabled, ann.password_hash.as_str()), (Role::User, false, "$argon2id$secret"));
        assert!(!format!("{ann:?}{:?}", new_account("x")).contains("argon2"), "hashes are not printed");
        let names: Vec<_> = store.accounts().await?.into_iter().map(|account| account.name).collect();
        assert_eq!(names, ["a.b-c_d@example.org", "ann", "zoe"]);

        store.remove_account("zoe").await?;
        assert_eq!(store.account("zoe").await?, None);
        assert!(matches!(store.remove_account("zoe").await, Err(StoreError::NotFound)));
        let change = AccountChange { disabled: Some(true), ..AccountChange::default() };
        assert!(matches!(store.update_account("zoe", change).await, Err(StoreError::NotFound)));
        assert_eq!(store.account("zoe").await?, None, "a change makes no account");
        Ok(())
    })
}

#[test]
fn a_generation_grows_with_every_change_and_only_then() -> Result<()> {
    on_each_store(|store| async move {
        let first = store.create_account(new_account("ann")).await?;
        let none = AccountChange::default();
        let same = AccountChange { role: Some(Role::User), disabled: Some(false), ..none.clone() };
        for change in [none.clone(), same] {
            assert_eq!(store.update_account("ann", change).await?, first);
        }
        let changes = [
            AccountChange { password_hash: Some("$argon2id$other".to_owned()), ..none.clone() },
            AccountChange { role: Some(Role::Operator), ..none.clone() },
            AccountChange { disabled: Some(true), ..none },
        ];
        for (number, change) in (1..).zip(changes) {
            let account = store.update_account("ann", change).await?;
            assert_eq!(account.generation, first.generation + number);
        }
        let ann = store.account("ann").await?.context("there")?;
        assert_eq!((ann.role, ann.disabled, ann.password_hash.as_str()), (Role::Operator, true, "$argon2id$other"));
        Ok(())
    })
}

fn key(kid: &str, second: i64) -> SigningKey {
    SigningKey {
        kid: kid.to_owned(),
        secret: (0..32).map(|byte| byte ^ 0xff).collect(),
        created_at: DateTime::from_timestamp_nanos(second * 1_000_000_000),
        retired_at: None,
        longest_ttl: Some(60),
    }
}

#[test]
fn signing_keys_take_turns() -> Result<()> {
    on_each_store(|store| async move {
        let (old, new) = (key("z", 1), key("a", 2));
        assert!(!format!("{old:?}").contains("255, 254"), "secrets are not printed");
        assert!(store.rotate_signing_key(None, old.clone()).await?);
        assert!(!store.rotate_signing_key(None, new.clone()).await?, "there is one by now");
        assert_eq!(store.signing_keys().await?, std::slice::from_ref(&old));
        assert!(store.rotate_signing_key(Some("z"), new.clone()).await?);
        assert!(!store.rotate_signing_key(Some("z"), key("b", 3)).await?, "another daemon was faster");
        let keys = store.signing_keys().await?;
        assert_eq!(keys[1], new);
        assert!(keys[0].kid == "z" && keys[0].retired_at.is_some(), "{keys:?}");
        assert_eq!(store.signing_key("a").await?, Some(new));
        assert_eq!(store.signing_key("b").await?, None);

        store.remove_signing_keys(&["z".to_owned(), "a".to_owned()]).await?;
        let left: Vec<_> = store.signing_keys().await?.into_iter().map(|key| key.kid).collect();
        assert_eq!(left, ["a"], "the one that signs stays");
        Ok(())
    })
}

#[test]
fn of_two_who_rotate_at_once_one_does() -> Result<()> {
    on_each_store(|store| async move {
        store.rotate_signing_key(None, key("0", 0)).await?;
        let mut old = "0".to_owned();
        for round in 1..6 {
            let rotate = |kid: String| {
                let (store, old) = (store.clone(), old.clone());
                tokio::spawn(async move { store.rotate_signing_key(Some(&old), key(&kid, round)).await })
            };
            let (one, two) = (rotate(format!("{round}a")), rotate(format!("{round}b")));
            assert!(one.await?? != two.await??);
            let keys = store.signing_keys().await?;
            let signing: Vec<_> = keys.into_iter().filter(|key| key.retired_at.is_none()).collect();
            assert_eq!(signing.len(), 1, "{signing:?}");
            old.clone_from(&signing[0].kid);
        }
        Ok(())
    })
}

#[test]
fn the_longest_life_of_tokens_is_remembered() -> Result<()> {
    on_each_store(|store| async move {
        store.rotate_signing_key(None, key("a", 1)).await?;
        let ttl = async |store: &crate::Store| anyhow::Ok(store.signing_key("a").await?.context("there")?.longest_ttl);
        store.note_signing_ttl("a", 3600).await?;
        assert_eq!(ttl(&store).await?, Some(3600));
        store.note_signing_ttl("a", 60).await?;
        assert_eq!(ttl(&store).await?, Some(3600));
        store.rotate_signing_key(Some("a"), SigningKey { longest_ttl: None, ..key("b", 2) }).await?;
        store.note_signing_ttl("b", 60).await?;
        assert_eq!(store.signing_key("b").await?.context("there")?.longest_ttl, None, "it may have signed longer ones");
        Ok(())
    })
}
