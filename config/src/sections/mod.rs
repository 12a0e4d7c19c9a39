//! The settings themselves: one file for each section, with its defaults and its ranges.

mod auth;
mod config;
mod http;
mod log;
mod models;
mod ocr;
mod ops;
mod outbound;
mod store;
mod tasks;
mod uploads;
mod webhooks;

pub use auth::AuthConfig;
pub use config::Config;
pub use http::HttpConfig;
pub use log::{LogConfig, LogFormat};
pub use models::ModelsConfig;
pub use ocr::OcrConfig;
pub use ops::OpsConfig;
pub use outbound::OutboundConfig;
pub use store::StoreConfig;
pub use tasks::TasksConfig;
pub use uploads::UploadsConfig;
pub use webhooks::WebhooksConfig;

/// Takes down what is wrong with the values of keys.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<(&'static str, String)>);

impl Findings {
    /// Notes `message` for `key` unless `holds`.
    fn unless(&mut self, holds: bool, key: &'static str, message: impl Into<String>) {
        if !holds {
            self.0.push((key, message.into()));
        }
    }
}
