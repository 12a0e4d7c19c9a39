//! What a conversion service is to the daemon.
//!
//! A second one is added by implementing [`ConversionService`] and naming it in [`crate::registry`]: uploads, tasks,
//! downloads, dispatcher, pool and console know none by name.

use std::path::PathBuf;
use std::time::Duration;

use d2d_api::{ServiceInfo, TaskError};
use d2d_config::Config;
use d2d_worker::{Converter, Refusal};
use serde_json::Value;

use crate::Refused;

/// A conversion service, as the daemon sees it; and how its worker processes make their converter.
pub trait ConversionService: Send + Sync + 'static {
    /// The service with the daemon's settings.
    fn new(config: &Config) -> Self
    where
        Self: Sized;

    /// What makes a worker process of this service work: runs in that process, with [`PoolSettings::settings`].
    ///
    /// # Errors
    /// Why the process can't work at all, for example that a model is missing.
    fn converter(settings: Value) -> Result<Box<dyn Converter>, Refusal>
    where
        Self: Sized;

    /// How clients see it.
    fn info(&self) -> &ServiceInfo;

    /// Checks the parameters of a new task, and answers them with the defaults filled in.
    ///
    /// # Errors
    /// Everything that is wrong with them, by JSON pointers into the parameters.
    fn check_params(&self, params: Option<&Value>) -> Result<Value, Refused>;

    /// How its worker processes are run.
    fn pool(&self) -> PoolSettings;

    /// What has to be got before a task with these parameters can run, in words ("fetching recognition models"); `None`
    /// if all is here. Asked before every task: it has to be quick.
    fn missing(&self, params: &Value) -> Option<String> {
        let _ = params;
        None
    }

    /// Gets what is missing. May take minutes: it runs on a thread that may block, and for one task at a time.
    ///
    /// # Errors
    /// Why it can't be had, and what to do.
    fn prepare(&self, params: &Value) -> Result<(), TaskError> {
        let _ = params;
        Ok(())
    }
}

/// How the worker processes of a service are run.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolSettings {
    /// How many there are at most.
    pub workers: usize,
    /// How long one page may take; also a look at one file.
    pub page_timeout: Duration,
    /// How much memory each may hold, in bytes.
    pub memory_bytes: u64,
    /// How long one without work is kept.
    pub idle: Duration,
    /// What its converter needs to know: goes to [`ConversionService::converter`].
    pub settings: Value,
    /// Folders that it may read, beside the blobs.
    pub readable: Vec<PathBuf>,
    /// Programs that it may run, by absolute paths. Each has the same limits of memory as the worker, beside it.
    pub programs: Vec<PathBuf>,
}
