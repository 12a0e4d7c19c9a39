//! Accounts and signing keys.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
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

#[test]
fn signing_keys_are_kept_oldest_first() -> Result<()> {
    on_each_store(|store| async move {
        let key = |kid: &str, second: i64| SigningKey {
            kid: kid.to_owned(),
            secret: (0..32).map(|byte| byte ^ 0xff).collect(),
            created_at: DateTime::from_timestamp_nanos(second * 1_000_000_000),
            retired_at: (second == 1).then(Utc::now),
        };
        let (old, new) = (key("z", 1), key("a", 2));
        store.add_signing_key(new.clone()).await?;
        store.add_signing_key(old.clone()).await?;
        assert!(matches!(store.add_signing_key(key("a", 3)).await, Err(StoreError::Exists)));
        assert!(!format!("{old:?}").contains("255, 254"), "secrets are not printed");
        assert_eq!(store.signing_keys().await?, [old, new]);
        Ok(())
    })
}
