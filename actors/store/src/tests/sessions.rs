//! Sessions and their refresh tokens, tickets, and the removal of what has ended.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use d2d_api::Role;

use super::on_each_store;
use crate::{AccountChange, NewAccount, NewSession, RefreshToken, Refreshed, Store, TicketRow};

fn soon() -> DateTime<Utc> {
    Utc::now() + TimeDelta::hours(1)
}

fn refresh(sha256: &str) -> RefreshToken {
    RefreshToken { sha256: sha256.to_owned(), expires_at: soon() }
}

async fn account(store: &Store, name: &str) -> Result<u64> {
    let new = NewAccount { name: name.to_owned(), password_hash: "$argon2id$".to_owned(), role: Role::User };
    Ok(store.create_account(new).await?.generation)
}

async fn log_in(store: &Store, account: &str, generation: u64, id: &str) -> Result<()> {
    let (id, account) = (id.to_owned(), account.to_owned());
    let refresh = refresh(&format!("{id}-0"));
    Ok(store.create_session(NewSession { id, account, generation, expires_at: soon(), refresh }).await?)
}

async fn is_open(store: &Store, session: &str) -> Result<bool> {
    Ok(store.session_account(session).await?.is_some())
}

#[test]
fn a_refresh_token_is_exchanged_once_and_then_ends_all() -> Result<()> {
    on_each_store(|store| async move {
        let generation = account(&store, "ann").await?;
        log_in(&store, "ann", generation, "one").await?;
        log_in(&store, "ann", generation, "two").await?;
        let done = store.refresh_session("one-0", refresh("one-1"), soon()).await?;
        assert!(matches!(&done, Refreshed::Done { session, account } if session == "one" && account.name == "ann"));
        assert!(matches!(store.refresh_session("one-1", refresh("one-2"), soon()).await?, Refreshed::Done { .. }));
        let reused = store.refresh_session("one-0", refresh("x"), soon()).await?;
        assert_eq!(reused, Refreshed::Reused { account: "ann".to_owned() });
        assert!(!is_open(&store, "one").await? && is_open(&store, "two").await?, "only the one family");
        for token in ["one-2", "one-0", "x", "never"] {
            assert_eq!(store.refresh_session(token, refresh("y"), soon()).await?, Refreshed::Unknown, "{token}");
        }
        Ok(())
    })
}

#[test]
fn of_two_who_use_a_token_at_once_one_succeeds() -> Result<()> {
    on_each_store(|store| async move {
        let generation = account(&store, "ann").await?;
        for round in 0..10 {
            let session = format!("s{round}");
            log_in(&store, "ann", generation, &session).await?;
            let exchange = |new: &str| {
                let (store, token, new) = (store.clone(), format!("{session}-0"), refresh(&format!("{session}-{new}")));
                tokio::spawn(async move { store.refresh_session(&token, new, soon()).await })
            };
            let (one, two) = (exchange("a"), exchange("b"));
            let outcomes = [one.await??, two.await??];
            let done = outcomes.iter().filter(|outcome| matches!(outcome, Refreshed::Done { .. })).count();
            assert_eq!(done, 1, "{outcomes:?}");
            assert!(outcomes.contains(&Refreshed::Reused { account: "ann".to_owned() }), "{outcomes:?}");
            assert!(!is_open(&store, &session).await?, "the family has ended");
        }
        Ok(())
    })
}

#[test]
fn a_session_ends_with_its_account_and_by_itself() -> Result<()> {
    on_each_store(|store| async move {
        let generation = account(&store, "ann").await?;
        for id in ["a", "b", "c"] {
            log_in(&store, "ann", generation, id).await?;
        }
        assert!(is_open(&store, "a").await?);
        store.end_session("a").await?;
        store.end_session("a").await?;
        assert!(!is_open(&store, "a").await? && is_open(&store, "b").await?);
        store.end_session_of("b-0").await?;
        store.end_session_of("never").await?;
        assert!(!is_open(&store, "b").await? && is_open(&store, "c").await?);

        let change = AccountChange { password_hash: Some("$argon2id$2".to_owned()), ..AccountChange::default() };
        store.update_account("ann", change).await?;
        assert!(!is_open(&store, "c").await?);
        assert_eq!(store.refresh_session("c-0", refresh("x"), soon()).await?, Refreshed::Unknown);

        let generation = store.account("ann").await?.context("there")?.generation;
        log_in(&store, "ann", generation, "d").await?;
        store.remove_account("ann").await?;
        // The same name and the same generation.
        assert_eq!(account(&store, "ann").await?, 1);
        log_in(&store, "ann", 1, "e").await?;
        store.remove_account("ann").await?;
        account(&store, "ann").await?;
        assert!(!is_open(&store, "d").await? && !is_open(&store, "e").await?, "a namesake is somebody else");
        Ok(())
    })
}

#[test]
fn a_ticket_is_taken_by_one() -> Result<()> {
    on_each_store(|store| async move {
        let ticket = TicketRow {
            session: Some("s".to_owned()),
            api_key: None,
            token_expires_at: None,
            expires_at: DateTime::from_timestamp_nanos(soon().timestamp_micros() * 1000),
        };
        for round in 0..10 {
            let sha256 = format!("t{round}");
            store.create_ticket(&sha256, ticket.clone()).await?;
            let take = || {
                let (store, sha256) = (store.clone(), sha256.clone());
                tokio::spawn(async move { store.take_ticket(&sha256).await })
            };
            let (one, two) = (take(), take());
            let taken: Vec<_> = [one.await??, two.await??].into_iter().flatten().collect();
            assert_eq!(taken, std::slice::from_ref(&ticket));
        }
        assert_eq!(store.take_ticket("never").await?, None);
        Ok(())
    })
}

#[test]
fn what_has_ended_is_swept_and_nothing_else() -> Result<()> {
    on_each_store(|store| async move {
        let generation = account(&store, "ann").await?;
        log_in(&store, "ann", generation, "s").await?;
        assert_eq!(store.sweep_sessions(Utc::now()).await?, 0);
        assert!(is_open(&store, "s").await?);
        assert_eq!(store.sweep_sessions(soon() + TimeDelta::seconds(1)).await?, 2, "the session and its refresh token");
        assert!(!is_open(&store, "s").await?);
        assert_eq!(store.sweep_sessions(soon() + TimeDelta::seconds(1)).await?, 0);
        Ok(())
    })
}
