//! The connection to the database, and the one way to run a query on it.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use surrealdb::engine::any::Any;
use surrealdb::engine::local::Db;
use surrealdb::types::{Object, SurrealValue, Value};
use surrealdb::{IndexedResults, Surreal};
use surrealdb_engine_local::Datastore;
use tokio::sync::Notify;

use crate::error::says_full;
use crate::health::Room;
use crate::{StoreError, failpoint, retry};

/// A database in this process, or a server.
pub(crate) enum Database {
    Embedded {
        client: Surreal<Db>,
        datastore: Arc<Datastore>,
        /// Told when a write fails.
        trouble: Notify,
        /// What it needs to write again.
        room: Room,
    },
    Server {
        client: Surreal<Any>,
    },
}

impl Database {
    /// Runs a query of one statement, which is one transaction, again as long as it conflicts with others; answers what
    /// the statement returns.
    pub(crate) async fn run<T: SurrealValue>(
        &self,
        action: &'static str,
        query: &str,
        bindings: Object,
    ) -> Result<T, StoreError> {
        self.try_run(action, query, bindings).await?.map_err(|error| StoreError::database(action, &error))
    }

    /// As [`Database::run`], for a query that makes a record: that there is one already is [`StoreError::Exists`].
    pub(crate) async fn create<T: SurrealValue>(
        &self,
        action: &'static str,
        query: &str,
        bindings: Object,
    ) -> Result<T, StoreError> {
        self.try_run(action, query, bindings).await?.map_err(|error| match error.already_exists_details() {
            Some(_) => StoreError::Exists,
            None => StoreError::database(action, &error),
        })
    }

    /// As [`Database::run`], for those who tell the errors of the database apart: these are the inner ones.
    async fn try_run<T: SurrealValue>(
        &self,
        action: &'static str,
        query: &str,
        bindings: Object,
    ) -> Result<Result<T, Box<surrealdb::Error>>, StoreError> {
        failpoint::before(action).map_err(|error| StoreError::Database { action, detail: error.to_string() })?;
        let answer = Box::pin(retry::on_conflict(|| async {
            let mut results = self.send(query, bindings.clone()).await?.check()?;
            results.take::<Value>(results.num_statements().saturating_sub(1))
        }));
        let began = Instant::now();
        let answer = answer.await;
        tracing::debug!(action, duration_us = began.elapsed().as_micros(), "transaction");
        match (&answer, self) {
            (Ok(_), _) => failpoint::after(action),
            (Err(error), Self::Embedded { trouble, .. }) if says_full(&error.to_string()) => trouble.notify_one(),
            _ => {}
        }
        Ok(answer.and_then(T::from_value).map_err(Box::new))
    }

    async fn send(&self, query: &str, bindings: Object) -> Result<IndexedResults, surrealdb::Error> {
        match self {
            Self::Embedded { client, .. } => client.query(query).bind(bindings).await,
            Self::Server { client } => client.query(query).bind(bindings).await,
        }
    }

    /// Writes what is left to write, and lets another process have an embedded database.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        match self {
            Self::Embedded { datastore, .. } => Box::pin(datastore.shutdown())
                .await
                .map_err(|error| StoreError::Database { action: "close", detail: error.to_string() }),
            Self::Server { .. } => Ok(()),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded { .. } => "Database::Embedded",
            Self::Server { .. } => "Database::Server",
        })
    }
}

/// Puts more values beside those that a query refers to. No two may have the same name: one would be lost.
pub(crate) fn bind_more(bindings: &mut Object, more: Object) {
    debug_assert!(more.keys().all(|name| !bindings.contains_key(name)), "one of {more:?} has the name of another");
    bindings.extend(more);
}

/// The values that a query refers to as `$name`.
macro_rules! bind {
    ($($name:ident: $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut object = surrealdb::types::Object::new();
        $(object.insert(stringify!($name), surrealdb::types::SurrealValue::into_value($value));)*
        object
    }};
}
pub(crate) use bind;
