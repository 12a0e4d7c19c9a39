//! One daemon for all tests that leave it as it was: started by the first, ended with the last that uses it.

use std::ops::Deref;
use std::sync::{Arc, Weak};

use anyhow::Result;
use tokio::sync::Mutex;

use super::Daemon;

static DAEMON: Mutex<Weak<Daemon>> = Mutex::const_new(Weak::new());

/// A share in the daemon.
#[derive(Debug)]
pub struct Shared(Arc<Daemon>);

/// A share in the daemon that other tests use at the same time.
///
/// # Errors
/// When it does not get ready.
pub async fn shared() -> Result<Shared> {
    let mut daemon = DAEMON.lock().await;
    if let Some(daemon) = daemon.upgrade() {
        return Ok(Shared(daemon));
    }
    let started = Arc::new(Daemon::with(&[("ocr.workers", "2")]).await?);
    *daemon = Arc::downgrade(&started);
    Ok(Shared(started))
}

impl Deref for Shared {
    type Target = Daemon;

    fn deref(&self) -> &Daemon {
        &self.0
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The last share's log is shown by the daemon itself.
        if Arc::strong_count(&self.0) > 1 {
            self.0.show_log();
        }
    }
}
