//! `[store]`: the database.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Findings;
use crate::value::{ByteSize, Secret};

/// The database: embedded in the daemon, or a `SurrealDB` server that several daemons share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// `surrealkv://` is embedded, in `db` under the data directory; `ws://` and `wss://` are servers; `mem://` forgets.
    pub url: String,
    /// The namespace of the server.
    pub namespace: String,
    /// The database in the namespace.
    pub database: String,
    /// The user of the server.
    pub username: Option<String>,
    /// The user's password. Better in a file: see `password_file`.
    #[schemars(with = "Option<String>")]
    pub password: Option<Secret>,
    /// The file that holds the password, for example a systemd credential.
    pub password_file: Option<PathBuf>,
    /// The memory for fresh writes of the embedded database.
    #[schemars(with = "String")]
    pub memtable: ByteSize,
    /// The memory for blocks read by the embedded database.
    #[schemars(with = "String")]
    pub block_cache: ByteSize,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            url: "surrealkv://".to_owned(),
            namespace: "data2data".to_owned(),
            database: "data2data".to_owned(),
            username: None,
            password: None,
            password_file: None,
            memtable: ByteSize::mib(16),
            block_cache: ByteSize::mib(16),
        }
    }
}

impl StoreConfig {
    const SCHEMES: [&str; 4] = ["surrealkv://", "mem://", "ws://", "wss://"];

    /// Whether the database is a server, not part of this process.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.url.starts_with("ws://") || self.url.starts_with("wss://")
    }

    pub(crate) fn check(&self, findings: &mut Findings) {
        findings.unless(
            Self::SCHEMES.iter().any(|scheme| self.url.starts_with(scheme)),
            "store.url",
            format!("must begin with one of {}", Self::SCHEMES.join(", ")),
        );
        findings.unless(!self.namespace.is_empty(), "store.namespace", "is empty");
        findings.unless(!self.database.is_empty(), "store.database", "is empty");
        findings.unless(
            self.username.is_none() || self.password.is_some(),
            "store.username",
            "has no password: set store.password_file (or store.password) too",
        );
        findings.unless(
            self.password.is_none() || self.username.is_some(),
            "store.password",
            "has no user: set store.username too",
        );
        let sizes = ByteSize::mib(1)..=ByteSize::gib(16);
        findings.unless(sizes.contains(&self.memtable), "store.memtable", "must be from 1MiB to 16GiB");
        findings.unless(sizes.contains(&self.block_cache), "store.block_cache", "must be from 1MiB to 16GiB");
    }
}
