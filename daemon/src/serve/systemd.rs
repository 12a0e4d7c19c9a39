//! What the service manager is told (`sd_notify(3)`); without one, nothing happens.

use std::time::Duration;

use d2d_actors::System;
use sd_notify::NotifyState;

/// Everything is up.
pub(super) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The daemon goes down, which may take so long.
pub(super) fn stopping(status: &str, at_most: Duration) {
    let micros = u32::try_from(at_most.as_micros()).unwrap_or(u32::MAX);
    notify(&[NotifyState::Stopping, NotifyState::Status(status), NotifyState::ExtendTimeoutUsec(micros)]);
}

/// The settings are read again; followed by [`ready`].
pub(super) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        notify(&[NotifyState::Reloading, now]);
    }
}

/// Feeds the watchdog for as long as the actors answer; returns only if there is none.
pub(super) async fn watchdog(system: System) {
    let Some(period) = sd_notify::watchdog_enabled() else { return };
    let mut tick = tokio::time::interval(period / 3);
    loop {
        tick.tick().await;
        match tokio::time::timeout(period / 3, system.ping()).await {
            Ok(Ok(())) => notify(&[NotifyState::Watchdog]),
            Ok(Err(error)) => tracing::error!(%error, "the watchdog is not fed"),
            Err(_) => tracing::error!("the watchdog is not fed: the supervision tree does not answer in time"),
        }
    }
}

fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager can't be told");
    }
}
