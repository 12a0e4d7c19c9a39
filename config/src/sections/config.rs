//! All settings together.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AuthConfig, Findings, HttpConfig, LogConfig, ModelsConfig, OcrConfig, OpsConfig, OutboundConfig, StoreConfig,
    TasksConfig, UploadsConfig, WebhooksConfig,
};
use crate::places;

/// All settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder of everything that must outlive the daemon: database, blobs, keys.
    pub data_dir: PathBuf,
    /// The public HTTP services.
    pub http: HttpConfig,
    /// Accounts and tokens.
    pub auth: AuthConfig,
    /// The database.
    pub store: StoreConfig,
    /// What may be uploaded.
    pub uploads: UploadsConfig,
    /// Requests to addresses that users name.
    pub outbound: OutboundConfig,
    /// Messages about ended tasks.
    pub webhooks: WebhooksConfig,
    /// How tasks are run.
    pub tasks: TasksConfig,
    /// The OCR service and its workers.
    pub ocr: OcrConfig,
    /// The recognition models.
    pub models: ModelsConfig,
    /// The operators' side.
    pub ops: OpsConfig,
    /// What is logged, and how.
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self::in_dir(places::data_dir())
    }
}

impl Config {
    /// The defaults, with everything that is kept on disk under `data_dir`.
    #[must_use]
    pub fn in_dir(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        Self {
            http: HttpConfig::default(),
            auth: AuthConfig::default(),
            store: StoreConfig::default(),
            uploads: UploadsConfig::default(),
            outbound: OutboundConfig::default(),
            webhooks: WebhooksConfig::default(),
            tasks: TasksConfig::default(),
            ocr: OcrConfig::default(),
            models: ModelsConfig::default(),
            ops: OpsConfig::in_dir(&data_dir),
            log: LogConfig::default(),
            data_dir,
        }
    }

    /// Notes every value that is out of its range or does not go with another.
    pub(crate) fn check(&self, findings: &mut Findings) {
        findings.unless(!self.data_dir.as_os_str().is_empty(), "data_dir", "is empty: name a folder");
        self.http.check(findings);
        self.auth.check(findings);
        self.store.check(findings);
        self.uploads.check(findings);
        self.outbound.check(findings);
        self.webhooks.check(findings);
        self.tasks.check(findings);
        self.ocr.check(findings);
        self.models.check(findings);
        self.ops.check(findings);
        self.log.check(findings);
    }
}
